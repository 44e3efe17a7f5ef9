package import VitqGraph
package import VitqTensor

/// The base-2 logarithm of softmax over the last axis.
///
///     t = (x − max x) log2(e)    e = t − log2(Σ 2^t)
///
/// Operands: x [..., C], real or integer with one scale. Result: the shape of x; e = log2 p.
/// ``FakeQuantizeLog`` turns it into quantized probabilities without an exponential.
package struct LogSoftmax: CatalogOperation {
  package static let mnemonic = "log_softmax"

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
    VectorKernels.current.logSoftmax(x, factor: x.octavesPerUnit, into: site.result)
  }

  /// ∂x = log2(e) (∂e − 2^e Σ ∂e).
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.logSoftmaxBackward(
      logarithms: site.result, cotangent: site.cotangent, into: dx.view,
      accumulates: dx.accumulates)
  }
}
