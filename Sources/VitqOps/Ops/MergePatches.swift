package import VitqGraph
package import VitqTensor

/// Puts the four tokens of each 2 × 2 patch side by side (arXiv:2103.14030, section 3.1).
///
///     y[r · ⌈W/2⌉ + c, (2 j + i) · C + k] = x[(2 r + i) · W + (2 c + j), k], 0 outside the grid
///
/// Operands: x [H · W, C]. Result: [⌈H/2⌉ · ⌈W/2⌉, 4 C]; the row offset i varies fastest, as in
/// the reference implementations. Integers keep their encoding; padding is then the zero point.
package struct MergePatches: CatalogOperation {
  package static let mnemonic = "merge_patches"

  /// Extent of the grid of tokens.
  package var height: Int
  package var width: Int

  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "\(height) × \(width) tokens") {
      (1...$0[0]).contains(height) && (1...$0[0]).contains(width) && $0[0] % height == 0
        && $0[0] / height == width
    }
    return [(height + 1) / 2 * ((width + 1) / 2), 4 * operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    VectorKernels.current.gatherRows(
      of: x, from: quarters, fill: x.encoding.single?.zeroPoint ?? 0, into: site.result,
      width: x.shape.width)
  }

  /// ∂x[n, :] = ∂y of the quarter row that token n became.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    var places = [Int32](repeating: -1, count: height * width)
    for (place, token) in quarters.enumerated() where token >= 0 {
      places[Int(token)] = Int32(place)
    }
    VectorKernels.current.gatherRows(
      of: site.cotangent, from: places, into: dx.view, width: dx.view.shape.width,
      accumulates: dx.accumulates)
  }

  /// The token of each quarter row of the result, −1 for padding.
  private var quarters: [Int32] {
    var result: [Int32] = []
    for row in stride(from: 0, to: height, by: 2) {
      for column in stride(from: 0, to: width, by: 2) {
        for (i, j) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
          let isInside = row + i < height && column + j < width
          result.append(isInside ? Int32((row + i) * width + column + j) : -1)
        }
      }
    }
    return result
  }
}
