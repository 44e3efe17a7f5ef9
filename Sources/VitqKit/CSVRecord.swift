/// A record of comma-separated values, as RFC 4180 has them.
struct CSVRecord {
  struct Field {
    var text: String
    var isQuoted: Bool
  }

  /// The number of the line it starts on, from 1.
  let line: Int
  /// The line it starts on.
  let text: String
  /// `nil` if a quoted field has no end, or more behind it than a comma or the end of the line.
  let fields: [Field]?

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The records of a text; lines end in U+000A, with or without U+000D before it.
  ///
  /// A quote within a field that does not start with one stands for itself.
  static func records(of text: String) -> [CSVRecord] {
    var rest = Array(text.utf8)[...]
    var records: [CSVRecord] = []
    var line = 1
    while !rest.isEmpty {
      let start = rest
      let fields = readFields(&rest)
      rest = rest.drop { $0 != newline }.dropFirst()
      records.append(
        CSVRecord(line: line, text: string(start.prefix { $0 != newline }), fields: fields))
      line += start[..<rest.startIndex].count { $0 == newline }
    }
    return records
  }

  /// Reads up to the end of the line that ends the record.
  private static func readFields(_ rest: inout ArraySlice<UInt8>) -> [Field]? {
    var fields: [Field] = []
    while true {
      if rest.first == quote {
        guard let text = readQuoted(&rest) else { return nil }
        fields.append(Field(text: text, isQuoted: true))
        if rest.starts(with: [carriageReturn, newline]) { rest.removeFirst() }
        guard rest.isEmpty || rest.first == comma || rest.first == newline else { return nil }
      } else {
        let bytes = rest.prefix { $0 != comma && $0 != newline }
        rest = rest[bytes.endIndex...]
        let text = rest.first == comma ? String(decoding: bytes, as: UTF8.self) : string(bytes)
        fields.append(Field(text: text, isQuoted: false))
      }
      guard rest.first == comma else { return fields }
      rest.removeFirst()
    }
  }

  /// Reads a field with its quotes, of which two within it stand for one.
  private static func readQuoted(_ rest: inout ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    rest.removeFirst()
    while let byte = rest.popFirst() {
      if byte == quote {
        guard rest.first == quote else { return String(decoding: bytes, as: UTF8.self) }
        rest.removeFirst()
      }
      bytes.append(byte)
    }
    return nil
  }

  /// The text of a line without U+000D at its end.
  private static func string(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == carriageReturn ? line.dropLast() : line, as: UTF8.self)
  }
}
