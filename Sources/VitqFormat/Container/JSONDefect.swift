/// What is wrong with a piece of JSON text.
package enum JSONDefect: Error, Equatable {
  case unexpected(found: JSONToken, expected: String)
  case invalidUTF8
  case controlCharacter(UInt8)
  case invalidEscape
  case duplicateKey(String)
  /// More than 64 bits, a sign, a leading zero, a fraction or an exponent.
  case notAWholeNumber
  case tooManyElements(limit: Int)
  /// No number of JSON, or beyond the range of binary64.
  case notANumber
  case tooDeep(limit: Int)
  case tooManyValues(limit: Int)
}

/// The next thing of a JSON text, for messages.
package enum JSONToken: Equatable, Sendable {
  case end
  case byte(UInt8)
}

extension JSONDefect: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unexpected(let found, let expected): "expected \(expected), found \(found)"
    case .invalidUTF8: "text is not UTF-8"
    case .controlCharacter(let byte): "control character \(byte) inside a string"
    case .invalidEscape: "escape that JSON does not have"
    case .duplicateKey(let key): "key \(key.quoted) appears twice"
    case .notAWholeNumber:
      "number is not a whole number of 63 bits without sign, fraction or exponent"
    case .tooManyElements(let limit): "list of more than \(limit) elements"
    case .notANumber: "number that JSON does not have, or one beyond 64 bits"
    case .tooDeep(let limit): "expected at most \(limit) nested lists and objects, found more"
    case .tooManyValues(let limit): "expected at most \(limit) values in the text, found more"
    }
  }
}

extension JSONToken: CustomStringConvertible {
  package var description: String {
    switch self {
    case .end: "the end"
    case .byte(let byte) where (0x21..<0x7F).contains(byte): "'\(UnicodeScalar(byte))'"
    case .byte(let byte): "byte \(byte)"
    }
  }
}

extension String {
  /// The string in quotes, with control characters escaped so that a message cannot carry any.
  package var quoted: String {
    var result = "'"
    for scalar in unicodeScalars.prefix(200) {
      result += scalar.isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return result + (unicodeScalars.count > 200 ? "…'" : "'")
  }
}

extension UnicodeScalar {
  var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}
