/// Rows of named values, the same names in each, as other programs read them.
package struct Records: Sendable, Equatable {
  /// One row for each record, names in the same order.
  package let rows: [[(String, JSONText)]]

  package init(_ rows: [[(String, JSONText)]]) { self.rows = rows }

  package static func == (a: Records, b: Records) -> Bool { a.json == b.json }

  package var json: JSONText { .array(rows.map(JSONText.object)) }

  /// One JSON object on each line.
  package var jsonLines: String {
    rows.map { JSONText.object($0).text }.joined(separator: "\n")
  }

  /// Comma-separated values with a line of names first (RFC 4180, lines ended by LF); lists are left
  /// out, `null` is empty.
  package var csv: String {
    let lists = rows.map { row in
      row.filter { if case .array = $0.1 { false } else { true } }
    }
    guard let first = lists.first else { return "" }
    let lines = [first.map { Self.quoted($0.0) }] + lists.map { $0.map { Self.cell($0.1) } }
    return lines.map { $0.joined(separator: ",") }.joined(separator: "\n")
  }

  private static func cell(_ value: JSONText) -> String {
    switch value {
    case .null: ""
    case .string(let text): quoted(text)
    default: value.text == "null" ? "" : quoted(value.text)
    }
  }

  private static func quoted(_ text: String) -> String {
    // Scalars: the pair CR LF is one character, and equals neither.
    let special = text.unicodeScalars.contains {
      $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r"
    }
    guard special else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
