/// What JSON has beside the parts of a safetensors header.
extension JSONReader {
  /// The byte that the next value starts with, `nil` at the end of the text.
  package mutating func startOfValue() -> UInt8? {
    skipSpace()
    return peek()
  }

  /// Reads a list; `element` must read each of its values.
  package mutating func list<E: Error>(
    wrapping wrap: (JSONDefect, Int) -> E, element: (inout JSONReader) throws(E) -> Void
  ) throws(E) {
    try expect("[", "a list", wrap)
    if skip("]") { return }
    repeat { try element(&self) } while skip(",")
    try expect("]", "',' or ']'", wrap)
  }

  /// Reads a number that is finite as a binary64.
  package mutating func number<E: Error>(
    wrapping wrap: (JSONDefect, Int) -> E
  ) throws(E) -> Double {
    skipSpace()
    let start = position
    if peek() == UInt8(ascii: "-") { position += 1 }
    let whole = skipDigits()
    let hasLeadingZero = whole > 1 && bytes[position - whole] == UInt8(ascii: "0")
    var isValid = whole > 0 && !hasLeadingZero
    if peek() == UInt8(ascii: ".") {
      position += 1
      isValid = skipDigits() > 0 && isValid
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      position += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
      isValid = skipDigits() > 0 && isValid
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard isValid, let value = Double(text), value.isFinite else {
      throw wrap(
        position == start ? .unexpected(found: token, expected: "a value") : .notANumber, start)
    }
    return value
  }

  /// Reads `true`, `false` or `null`.
  package mutating func word<E: Error>(
    _ word: String, wrapping wrap: (JSONDefect, Int) -> E
  ) throws(E) {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else {
      throw wrap(.unexpected(found: token, expected: "a value"), position)
    }
    position += word.utf8.count
  }

  /// Checks that nothing but white space is left.
  package mutating func endOfText<E: Error>(wrapping wrap: (JSONDefect, Int) -> E) throws(E) {
    skipSpace()
    guard position == bytes.count else {
      throw wrap(.unexpected(found: token, expected: "the end"), position)
    }
  }

  /// The number of digits passed over.
  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), (0x30...0x39).contains(byte) { position += 1 }
    return position - start
  }
}
