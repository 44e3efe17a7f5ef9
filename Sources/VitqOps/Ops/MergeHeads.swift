package import VitqGraph
package import VitqTensor

/// Puts the heads of attention side by side.
///
///     y[n, h · d + i] = x[h, n, i]
///
/// Operands: x [H, N, d]. Result: [N, H · d].
package struct MergeHeads: CatalogOperation {
  package static let mnemonic = "merge_heads"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 3)
    return [operands[0][1], operands[0][0] * operands[0][2]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    let (counts, heads, columns) = layout(x.shape)
    VectorKernels.current.move(counts, of: x, at: heads, to: site.result, at: columns)
  }

  /// ∂x is ∂y in the places its elements came from.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let (counts, heads, columns) = layout(dx.view.shape)
    VectorKernels.current.move(
      counts, of: site.cotangent, at: columns, to: dx.view, at: heads,
      accumulates: dx.accumulates)
  }

  private func layout(_ x: Shape) -> (BlockCounts, heads: BlockStrides, columns: BlockStrides) {
    let (heads, tokens, width) = (x[0], x[1], x[2])
    return (
      BlockCounts(outer: heads, inner: tokens, width: width),
      BlockStrides(outer: tokens * width, inner: width),
      BlockStrides(outer: width, inner: heads * width)
    )
  }
}
