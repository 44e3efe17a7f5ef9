package import VitqGraph
package import VitqTensor

/// Layer normalisation over the last axis (arXiv:1607.06450, section 3).
///
///     μ = mean(x)    r = 1 / √(mean((x − μ)²) + ε)    x̂ = (x − μ) r    y = γ x̂ + β
///
/// Operands: x [..., C], γ [C], β [C]. Result: the shape of x.
package struct LayerNorm: CatalogOperation {
  package static let mnemonic = "layer_norm"

  /// ε, added to the variance; in squared units of x.
  package var epsilon: Float

  package init(epsilon: Float) { self.epsilon = epsilon }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 3)
    try operands.expectRows(0)
    try operands.expect(1, [operands[0].width])
    try operands.expect(2, [operands[0].width])
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }

  /// μ and r of each row.
  package func savedCount(_ operands: [Shape]) -> Int { 2 * operands[0].rowCount }

  package var pullbackReads: PullbackReads { PullbackReads(operands: [0, 1]) }

  package func forward(_ site: ForwardSite) {
    VectorKernels.current.layerNorm(
      site.operands[0], gamma: site.operands[1], beta: site.operands[2], epsilon: epsilon,
      into: site.result, statistics: site.saved)
  }

  /// With g = γ ∂y:  ∂x = r (g − mean(g) − x̂ mean(g x̂)),  ∂γ = Σ ∂y x̂,  ∂β = Σ ∂y.
  package func pullback(_ site: PullbackSite) {
    let (x, gamma) = (site.operands[0], site.operands[1])
    if let dx = site.gradients[0] {
      VectorKernels.current.layerNormBackward(
        x, gamma: gamma, statistics: site.saved, cotangent: site.cotangent, into: dx.view,
        accumulates: dx.accumulates)
    }
    if let dgamma = site.gradients[1] {
      VectorKernels.current.layerNormBackwardGamma(
        x, statistics: site.saved, cotangent: site.cotangent, into: dgamma.view,
        accumulates: dgamma.accumulates)
    }
    if let dbeta = site.gradients[2] {
      VectorKernels.current.sumColumns(
        of: site.cotangent, into: dbeta.view, accumulates: dbeta.accumulates)
    }
  }
}
