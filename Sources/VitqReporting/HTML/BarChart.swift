/// Named amounts as horizontal bars, inline SVG.
package struct BarChart: Sendable {
  package let title: String
  /// Finite amounts of at least 0, with how they are written.
  package let bars: [(name: String, amount: Double, label: String)]

  package init(title: String, bars: [(name: String, amount: Double, label: String)]) {
    self.title = title
    self.bars = bars.filter { $0.amount.isFinite && $0.amount >= 0 }
  }

  private static let (width, rowHeight, names, labels) = (720.0, 22.0, 260.0, 90.0)

  /// The chart; nothing if there is no bar.
  package var html: HTML? {
    guard let largest = bars.map(\.amount).max() else { return nil }
    func number(_ value: Double) -> String { Figures.fixed(value, 1) }
    let room = Self.width - Self.names - Self.labels
    var shapes: [HTML] = []
    for (index, bar) in bars.enumerated() {
      let top = Double(index) * Self.rowHeight
      let length = largest > 0 ? bar.amount / largest * room : 0
      shapes.append(
        .element(
          "text",
          [
            ("class", "ink"), ("x", number(Self.names - 8)), ("y", number(top + 15)),
            ("text-anchor", "end"),
          ], text: bar.name))
      shapes.append(
        .element(
          "rect",
          [
            ("class", "bar"), ("x", number(Self.names)), ("y", number(top + 4)),
            ("width", number(max(length, 1))), ("height", number(Self.rowHeight - 8)),
          ]))
      shapes.append(
        .element(
          "text", [("x", number(Self.names + length + 6)), ("y", number(top + 15))],
          text: bar.label))
    }
    let height = Self.rowHeight * Double(bars.count)
    return .element(
      "figure", [],
      [
        .element(
          "svg",
          [
            ("viewBox", "0 0 \(number(Self.width)) \(number(height))"), ("role", "img"),
            ("aria-label", title),
          ], shapes),
        .element("figcaption", text: title),
      ])
  }
}
