package import VitqGraph
package import VitqTensor

/// The mean over rows: average pooling of tokens.
///
///     y[0, c] = (1 / N) Σₙ x[n, c], rows added in order
///
/// Operands: x [N, C]. Result: [1, C].
package struct MeanRows: CatalogOperation {
  package static let mnemonic = "mean_rows"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    return [1, operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    VectorKernels.current.sumColumns(of: x, by: 1 / Float(x.shape[0]), into: site.result)
  }

  /// ∂x[n, c] = ∂y[0, c] / N.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.repeatRow(
      site.cotangent, by: 1 / Float(dx.view.shape[0]), into: dx.view,
      accumulates: dx.accumulates)
  }
}
