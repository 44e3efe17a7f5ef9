/// Multi-semantic reinforcement (MSR): parts of the image are trained as images of their own.
///
/// SARDFQ, section 3.3.2: m parts, m uniform in 1 … K, each with a class of its own, do not
/// overlap and are resized to the whole input. The paper does not say what parts: by default they
/// are m different cells of the smallest square grid with K cells, 2 × 2 for the paper's K = 4.
package struct SemanticReinforcement: Equatable, Sendable {
  /// Rectangles that overlap are drawn again, at most so often; then the cells of the grid serve.
  private static let maximumDraws = 1000

  /// The parts of one image.
  package let windows: [Window]

  package init(
    height: Int, width: Int, _ options: SemanticReinforcementOptions,
    _ random: inout ImageRandom
  ) {
    let side = Self.gridSide(options.maximumParts)
    let count = random.integer(1...options.maximumParts)
    if options.geometry == .rectangles,
      let rectangles = Self.rectangles(count, height: height, width: width, side, &random)
    {
      windows = rectangles
      return
    }
    var cells = Array(0..<(side * side))
    windows = (0..<count).map { i in
      cells.swapAt(i, random.integer(i...(cells.count - 1)))
      let (row, column) = (cells[i] / side, cells[i] % side)
      return Window(
        rows: Self.part(row, of: side, length: height),
        columns: Self.part(column, of: side, length: width))
    }
  }

  /// The side of the smallest square grid with `count` cells.
  package static func gridSide(_ count: Int) -> Int {
    var side = 1
    while side * side < count { side += 1 }
    return side
  }

  /// Rectangles whose sides are 1 / (2 side) to 1 / side of the image's; `nil` if no such were
  /// found that do not overlap.
  private static func rectangles(
    _ count: Int, height: Int, width: Int, _ side: Int, _ random: inout ImageRandom
  ) -> [Window]? {
    var windows: [Window] = []
    for _ in 0..<maximumDraws where windows.count < count {
      func range(_ length: Int) -> Range<Int> {
        let extent = random.integer(max(length / (2 * side), 1)...max(length / side, 1))
        let start = random.integer(0...(length - extent))
        return start..<start + extent
      }
      let window = Window(rows: range(height), columns: range(width))
      guard windows.allSatisfy({ !$0.overlaps(window) }) else { continue }
      windows.append(window)
    }
    return windows.count == count ? windows : nil
  }

  private static func part(_ index: Int, of count: Int, length: Int) -> Range<Int> {
    (length * index / count)..<(length * (index + 1) / count)
  }
}
