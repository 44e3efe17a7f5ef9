package import VitqGraph
package import VitqTensor

/// A scale for each channel: LayerScale (arXiv:2103.17239, section 2), normalisation of pixels.
///
///     y[..., c] = x[..., c] s[c]
///
/// Operands: x [..., C], s [C]. Result: the shape of x.
package struct Multiply: CatalogOperation {
  package static let mnemonic = "multiply"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 2)
    try operands.expectRows(0)
    try operands.expect(1, [operands[0].width])
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0, 1]) }

  package func forward(_ site: ForwardSite) {
    VectorKernels.current.multiply(site.operands[0], row: site.operands[1], into: site.result)
  }

  /// ∂x = ∂y s,  ∂s = Σ ∂y x over rows.
  package func pullback(_ site: PullbackSite) {
    if let dx = site.gradients[0] {
      VectorKernels.current.multiply(
        site.cotangent, row: site.operands[1], into: dx.view, accumulates: dx.accumulates)
    }
    if let ds = site.gradients[1] {
      VectorKernels.current.sumColumns(
        ofProduct: site.cotangent, site.operands[0], into: ds.view, accumulates: ds.accumulates)
    }
  }
}
