/// Rows of text under headings, rendered for a terminal or as Markdown.
package struct Table: Sendable, Equatable {
  /// How a column lines up.
  package enum Alignment: Sendable {
    case leading
    case trailing
  }

  package let headings: [String]
  package let alignments: [Alignment]
  package private(set) var rows: [[String]] = []

  /// An empty table; a heading that starts with `>` is aligned to the right.
  package init(_ headings: [String]) {
    alignments = headings.map { $0.hasPrefix(">") ? .trailing : .leading }
    self.headings = headings.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
  }

  package mutating func append(_ row: [String]) {
    precondition(row.count == headings.count, "\(row.count) cells in \(headings.count) columns")
    rows.append(row)
  }

  /// Columns padded with spaces, headings first, no trailing space on any line.
  package var plainText: String {
    let widths = columnWidths
    return ([headings] + rows).map { row in
      let cells = row.indices.map { padded(row[$0], to: widths[$0], alignments[$0]) }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  /// A pipe table.
  package var markdown: String {
    let widths = columnWidths.map { max($0, 3) }
    func line(_ row: [String]) -> String {
      "| "
        + row.indices.map { padded(row[$0], to: widths[$0], alignments[$0]) }
        .joined(separator: " | ") + " |"
    }
    let rule = headings.indices.map { column in
      let dashes = String(repeating: "-", count: widths[column] - 1)
      return alignments[column] == .trailing ? dashes + ":" : dashes + "-"
    }
    return ([line(headings), line(rule)] + rows.map(line)).joined(separator: "\n")
  }

  private var columnWidths: [Int] {
    headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
  }

  private func padded(_ text: String, to width: Int, _ alignment: Alignment) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return alignment == .leading ? text + space : space + text
  }
}
