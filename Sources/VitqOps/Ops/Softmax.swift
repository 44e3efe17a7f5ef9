package import VitqGraph
package import VitqTensor

/// Softmax over the last axis.
///
///     t = (x − max x) log2(e)    p = 2^t / Σ 2^t
///
/// Operands: x [..., C], real or integer with one scale. Result: the shape of x. The scale of an
/// integer operand multiplies log2(e) in double precision, rounded once.
package struct Softmax: CatalogOperation {
  package static let mnemonic = "softmax"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expectRows(0)
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    operands[0].octavesPerUnit == nil ? nil : .real
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(result: true) }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    VectorKernels.current.softmax(x, factor: x.octavesPerUnit, into: site.result)
  }

  /// ∂x = p (∂p − Σ p ∂p).
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.softmaxBackward(
      probabilities: site.result, cotangent: site.cotangent, into: dx.view,
      accumulates: dx.accumulates)
  }
}

extension Encoding {
  /// scale · log2(e), what one unit of an element is in octaves of its exponential; `nil` if the
  /// scales differ.
  var octavesPerUnit: Float? {
    let log2e = 1.4426950408889634
    return self == .real ? Float(log2e) : single.map { Float(Double($0.scale) * log2e) }
  }
}

extension TensorView {
  /// The factor of both softmax forms for an operand that their `resultEncoding` accepts.
  var octavesPerUnit: Float {
    guard let factor = encoding.octavesPerUnit else {
      preconditionFailure("softmax of several scales: \(encoding)")
    }
    return factor
  }
}
