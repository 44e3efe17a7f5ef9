/// A strict, forward-only reader of JSON (RFC 8259).
///
/// The caller says what comes next, so nesting is as deep as the caller goes and there is no
/// recursion. Objects have no duplicate keys, and strings are valid UTF-8. What a safetensors header
/// has no place for is in `JSONReader+Values.swift`. The text is untrusted.
package struct JSONReader {
  let bytes: [UInt8]
  package internal(set) var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads an object; `member` is called behind each key and must read its value.
  package mutating func object<E: Error>(
    wrapping wrap: (JSONDefect, Int) -> E,
    member: (String, inout JSONReader) throws(E) -> Void
  ) throws(E) {
    var keys: Set<String> = []
    try expect("{", "an object", wrap)
    if skip("}") { return }
    repeat {
      skipSpace()
      let start = position
      let key = try string(wrapping: wrap)
      guard keys.insert(key).inserted else { throw wrap(.duplicateKey(key), start) }
      try expect(":", "':'", wrap)
      try member(key, &self)
    } while skip(",")
    try expect("}", "',' or '}'", wrap)
  }

  /// Reads a list of at most `limit` whole numbers.
  mutating func wholeNumbers<E: Error>(
    limit: Int, wrapping wrap: (JSONDefect, Int) -> E
  ) throws(E) -> [Int] {
    try expect("[", "a list", wrap)
    var numbers: [Int] = []
    if skip("]") { return numbers }
    repeat {
      skipSpace()
      guard numbers.count < limit else { throw wrap(.tooManyElements(limit: limit), position) }
      numbers.append(try wholeNumber(wrapping: wrap))
    } while skip(",")
    try expect("]", "',' or ']'", wrap)
    return numbers
  }

  /// Reads a whole number from 0 to 2⁶³ − 1, in its only spelling.
  mutating func wholeNumber<E: Error>(wrapping wrap: (JSONDefect, Int) -> E) throws(E) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = peek(), (0x30...0x39).contains(digit) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
      guard !overflow, !carry else { throw wrap(.notAWholeNumber, start) }
      value = sum
      position += 1
    }
    let next = peek()
    if position == start {
      guard next == UInt8(ascii: "-") else {
        throw wrap(.unexpected(found: token, expected: "a whole number"), start)
      }
      throw wrap(.notAWholeNumber, start)
    }
    let hasLeadingZero = bytes[start] == UInt8(ascii: "0") && position > start + 1
    let goesOn = next.map { ".eE".utf8.contains($0) } ?? false
    guard !hasLeadingZero, !goesOn else { throw wrap(.notAWholeNumber, start) }
    return value
  }

  /// Reads a string.
  package mutating func string<E: Error>(
    wrapping wrap: (JSONDefect, Int) -> E
  ) throws(E) -> String {
    try expect("\"", "a string", wrap)
    var unescaped: [UInt8] = []
    var start = position
    while let byte = peek(), byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw wrap(.controlCharacter(byte), position) }
      if byte == UInt8(ascii: "\\") {
        unescaped += bytes[start..<position]
        guard let scalar = escape() else { throw wrap(.invalidEscape, position) }
        unescaped += Array(String(scalar).utf8)
        start = position
      } else {
        position += 1
      }
    }
    unescaped += bytes[start..<position]
    let end = position
    try expect("\"", "'\"'", wrap)
    guard let text = String(validating: unescaped, as: UTF8.self) else {
      throw wrap(.invalidUTF8, end - unescaped.count)
    }
    return text
  }

  /// Checks that nothing but spaces is left.
  mutating func end<E: Error>(wrapping wrap: (JSONDefect, Int) -> E) throws(E) {
    while peek() == 0x20 { position += 1 }
    guard position == bytes.count else {
      throw wrap(.unexpected(found: token, expected: "spaces up to the end"), position)
    }
  }

  /// Reads an escape sequence, a pair of surrogates included; leaves the position on a bad one.
  private mutating func escape() -> UnicodeScalar? {
    let start = position
    guard start + 1 < bytes.count else { return nil }
    position += 2
    switch bytes[start + 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      if let scalar = unicodeEscape() { return scalar }
    default: break
    }
    position = start
    return nil
  }

  /// The scalar of the four digits at the position, or of the surrogate pair that starts there.
  private mutating func unicodeEscape() -> UnicodeScalar? {
    guard let first = codeUnit() else { return nil }
    guard (0xD800..<0xDC00).contains(first) else { return UnicodeScalar(first) }
    guard bytes[position...].starts(with: Array("\\u".utf8)) else { return nil }
    position += 2
    guard let second = codeUnit(), (0xDC00..<0xE000).contains(second) else { return nil }
    return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private mutating func codeUnit() -> UInt32? {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4 else { return nil }
    var value: UInt32 = 0
    for digit in digits {
      guard let nibble = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(nibble)
    }
    position += 4
    return value
  }

  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  var token: JSONToken { peek().map { .byte($0) } ?? .end }

  mutating func skipSpace() {
    while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// Passes over `character` if it is next behind white space.
  mutating func skip(_ character: UnicodeScalar) -> Bool {
    skipSpace()
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func expect<E: Error>(
    _ character: UnicodeScalar, _ what: String, _ wrap: (JSONDefect, Int) -> E
  ) throws(E) {
    guard skip(character) else {
      throw wrap(.unexpected(found: token, expected: what), position)
    }
  }
}
