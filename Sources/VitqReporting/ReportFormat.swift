/// How a report of rows is printed.
package enum ReportFormat: String, CaseIterable, Sendable {
  /// Columns for a terminal.
  case text
  /// A Markdown table.
  case md
  case csv
  /// One document with everything that is known.
  case json
  /// One JSON object for each row.
  case jsonl
}

/// A report of rows in all its formats.
package protocol RowReport {
  /// Rounded figures for people.
  var table: Table { get }
  /// The same rows, unrounded.
  var records: Records { get }
  /// The rows and what they have in common.
  var document: JSONText { get }
}

extension RowReport {
  /// The text of the report, without a last line end.
  package func text(_ format: ReportFormat) -> String {
    switch format {
    case .text: table.plainText
    case .md: table.markdown
    case .csv: records.csv
    case .json: document.text
    case .jsonl: records.jsonLines
    }
  }
}
