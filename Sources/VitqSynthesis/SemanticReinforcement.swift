/// Multi-semantic reinforcement (MSR): parts of the image are trained as images of their own.
///
/// SARDFQ, section 3.3.2: m parts, m uniform in 1 … K, each with a class of its own, do not
/// overlap and are resized to the whole input. The paper does not say what parts: here they are m
/// different cells of the smallest square grid with K cells, 2 × 2 for the paper's K = 4.
package struct SemanticReinforcement: Equatable, Sendable {
  package static let maximumParts = 4

  /// The parts of one image.
  package let windows: [Window]

  package init(height: Int, width: Int, _ random: inout ImageRandom) {
    var side = 1
    while side * side < Self.maximumParts { side += 1 }
    let count = random.integer(1...Self.maximumParts)
    var cells = Array(0..<(side * side))
    windows = (0..<count).map { i in
      cells.swapAt(i, random.integer(i...(cells.count - 1)))
      let (row, column) = (cells[i] / side, cells[i] % side)
      return Window(
        rows: Self.part(row, of: side, length: height),
        columns: Self.part(column, of: side, length: width))
    }
  }

  private static func part(_ index: Int, of count: Int, length: Int) -> Range<Int> {
    (length * index / count)..<(length * (index + 1) / count)
  }
}
