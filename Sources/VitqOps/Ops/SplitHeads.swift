package import VitqGraph
package import VitqTensor

/// Takes queries, keys or values out of their joint projection, one matrix for each head.
///
///     y[h, n, i] = x[n, part · C + h · d + i], d = C / heads
///
/// Operands: x [N, parts · C]. Result: [H, N, d].
package struct SplitHeads: CatalogOperation {
  package static let mnemonic = "split_heads"

  /// Which of the column groups, from 0.
  package var part: Int
  /// The number of column groups: 3 for queries, keys and values side by side.
  package var parts: Int
  package var heads: Int

  package init(part: Int, parts: Int, heads: Int) {
    self.part = part
    self.parts = parts
    self.heads = heads
  }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "\(parts) parts, \(part) among them, of \(heads) heads each") {
      (1...$0[1]).contains(parts) && (1...$0[1]).contains(heads) && (0..<parts).contains(part)
        && $0[1] % parts == 0 && $0[1] / parts % heads == 0
    }
    return [heads, operands[0][0], operands[0][1] / parts / heads]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let (counts, columns, heads) = layout(site.result.shape)
    VectorKernels.current.move(
      counts, of: site.operands[0], at: columns, to: site.result, at: heads)
  }

  /// ∂x is ∂y in the part's columns and 0 in the others.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let (counts, columns, heads) = layout(site.cotangent.shape)
    if !dx.accumulates { dx.view.fill(0) }
    VectorKernels.current.move(
      counts, of: site.cotangent, at: heads, to: dx.view, at: columns, accumulates: true)
  }

  private func layout(_ y: Shape) -> (BlockCounts, columns: BlockStrides, heads: BlockStrides) {
    let (heads, tokens, width) = (y[0], y[1], y[2])
    let channels = heads * width
    return (
      BlockCounts(outer: heads, inner: tokens, width: width),
      BlockStrides(offset: part * channels, outer: width, inner: parts * channels),
      BlockStrides(outer: tokens * width, inner: width)
    )
  }
}
