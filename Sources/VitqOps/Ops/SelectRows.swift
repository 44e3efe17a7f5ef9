package import VitqGraph
package import VitqTensor

/// Takes consecutive rows: the class token, or the patch tokens.
///
///     y[r, :] = x[first + r, :], r < count
///
/// Operands: x [N, C]. Result: [count, C].
package struct SelectRows: CatalogOperation {
  package static let mnemonic = "select_rows"

  package var first: Int
  package var count: Int

  package init(first: Int, count: Int) {
    self.first = first
    self.count = count
  }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "\(count) rows from row \(first)") {
      first >= 0 && count > 0 && first <= $0[0] && count <= $0[0] - first
    }
    return [count, operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let (counts, all, selected) = layout(width: site.result.shape.width)
    VectorKernels.current.move(
      counts, of: site.operands[0], at: all, to: site.result, at: selected)
  }

  /// ∂x is ∂y in the rows taken and 0 in the others.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let (counts, all, selected) = layout(width: dx.view.shape.width)
    if !dx.accumulates { dx.view.fill(0) }
    VectorKernels.current.move(
      counts, of: site.cotangent, at: selected, to: dx.view, at: all, accumulates: true)
  }

  private func layout(width: Int) -> (BlockCounts, all: BlockStrides, selected: BlockStrides) {
    (
      BlockCounts(outer: 1, inner: 1, width: count * width),
      BlockStrides(offset: first * width, outer: 0, inner: 0),
      BlockStrides(outer: 0, inner: 0)
    )
  }
}
