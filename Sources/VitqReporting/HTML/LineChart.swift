#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Curves over a common axis as inline SVG.
package struct LineChart: Sendable {
  package struct Series: Sendable {
    package let name: String
    /// Finite numbers, in the order of x.
    package let points: [(x: Double, y: Double)]
    /// Whether the curve is one of many that show the spread.
    package let isFaint: Bool

    package init(_ name: String, _ points: [(x: Double, y: Double)], isFaint: Bool = false) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
      self.isFaint = isFaint
    }
  }

  package let title: String
  package let xLabel: String
  package let series: [Series]
  /// Whether equal distances are equal factors; points that are not positive are left out.
  package let isLogarithmic: Bool

  package init(title: String, xLabel: String, series: [Series], isLogarithmic: Bool = false) {
    self.title = title
    self.xLabel = xLabel
    self.isLogarithmic = isLogarithmic
    self.series =
      isLogarithmic
      ? series.map { Series($0.name, $0.points.filter { $0.y > 0 }, isFaint: $0.isFaint) } : series
  }

  private static let (width, height) = (720.0, 300.0)
  private static let (left, right, top, bottom) = (64.0, 150.0, 24.0, 40.0)
  /// Patterns of dashes, so that curves differ without colour.
  private static let dashes = ["none", "8 4", "2 3", "10 3 2 3", "4 2"]

  private func position(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }

  /// The chart; nothing if there is no point.
  package var html: HTML? {
    let points = series.flatMap(\.points)
    guard let firstX = points.map(\.x).min(), let lastX = points.map(\.x).max(),
      let low = points.map({ position($0.y) }).min(),
      let high = points.map({ position($0.y) }).max()
    else { return nil }
    let (spanX, spanY) = (max(lastX - firstX, 1e-12), max(high - low, 1e-12))
    let (innerWidth, innerHeight) = (
      Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom
    )
    func x(_ value: Double) -> Double { Self.left + (value - firstX) / spanX * innerWidth }
    func y(_ position: Double) -> Double { Self.top + (high - position) / spanY * innerHeight }
    func number(_ value: Double) -> String { Figures.fixed(value, 1) }

    var shapes: [HTML] = []
    for step in 0...4 {
      let value = low + spanY * Double(step) / 4
      let level = number(y(value))
      shapes.append(
        .element(
          "line",
          [
            ("class", "axis"), ("x1", number(Self.left)), ("x2", number(Self.left + innerWidth)),
            ("y1", level), ("y2", level),
          ]))
      shapes.append(
        .element(
          "text",
          [("x", number(Self.left - 6)), ("y", number(y(value) + 4)), ("text-anchor", "end")],
          text: isLogarithmic
            ? Figures.fixed(pow(10, value), 3) : Figures.fixed(value, spanY < 1 ? 4 : 2)))
    }
    for value in [firstX, lastX] {
      shapes.append(
        .element(
          "text",
          [
            ("x", number(x(value))), ("y", number(Self.height - 20)), ("text-anchor", "middle"),
          ], text: Figures.fixed(value, 0)))
    }
    shapes.append(
      .element(
        "text",
        [
          ("x", number(Self.left + innerWidth / 2)), ("y", number(Self.height - 4)),
          ("text-anchor", "middle"),
        ], text: xLabel))
    var rank = 0
    for curve in series where !curve.points.isEmpty {
      let path = curve.points.map { "\(number(x($0.x))),\(number(y(position($0.y))))" }
        .joined(separator: " ")
      if curve.isFaint {
        shapes.append(.element("polyline", [("class", "faint"), ("points", path)]))
        continue
      }
      let style = [
        ("class", "line s\(rank % 5)"), ("stroke-dasharray", Self.dashes[rank % 5]),
      ]
      shapes.append(.element("polyline", style + [("points", path)]))
      let level = Self.top + 14 + Double(rank) * 18
      let legend = Self.left + innerWidth + 12
      shapes.append(
        .element(
          "line",
          style + [
            ("x1", number(legend)), ("x2", number(legend + 28)), ("y1", number(level)),
            ("y2", number(level)),
          ]))
      shapes.append(
        .element("text", [("x", number(legend + 34)), ("y", number(level + 4))], text: curve.name))
      rank += 1
    }
    return .element(
      "figure", [],
      [
        .element(
          "svg",
          [
            ("viewBox", "0 0 \(number(Self.width)) \(number(Self.height))"), ("role", "img"),
            ("aria-label", title),
          ], shapes),
        .element("figcaption", text: title),
      ])
  }
}
