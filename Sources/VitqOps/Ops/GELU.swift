package import VitqGraph
package import VitqTensor

/// The Gaussian error linear unit (arXiv:1606.08415, section 2).
///
///     erf         y = x Φ(x), Φ the standard normal distribution function
///     tanh        y = x σ(2u), u = √(2/π) (x + 0.044715 x³)
///     polynomial  y = max(x, 0) − t P(t), t = min(|x|, 4.25), P of degree 10
///
/// Operands: x, any shape. Result: the shape of x.
package struct GELU: CatalogOperation {
  package enum Form: String, CaseIterable, Codable, Sendable {
    /// The definition; PyTorch's and timm's default.
    case erf
    /// The approximation that some models are trained with.
    case tanh
    /// What the integer runtime executes; within 3e-5 of `erf`.
    case polynomial
  }

  package static let mnemonic = "gelu"

  package var form: Form

  package init(_ form: Form) { self.form = form }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0]) }

  package func forward(_ site: ForwardSite) { compute(site.operands[0], into: site.result) }

  /// What each of some numbers becomes.
  package func values(of numbers: [Float]) -> [Float] {
    var result = Tensor(zeros: [numbers.count])
    Tensor([numbers.count], numbers).withView { x in
      result.withMutableView { compute(x, into: $0) }
    }
    return result.elements
  }

  private func compute(_ x: TensorView, into y: MutableTensorView) {
    let kernels = VectorKernels.current
    switch form {
    case .erf: kernels.geluErf(x, into: y)
    case .tanh: kernels.geluTanh(x, into: y)
    case .polynomial: kernels.geluPolynomial(x, into: y)
    }
  }

  /// erf: ∂x = ∂y (Φ(x) + x φ(x)), φ = Φ′;  tanh: ∂x = ∂y (s + 2 x s (1 − s) u′), s = σ(2u);
  /// polynomial: the derivative of the polynomial, and of max(x, 0) beyond 4.25.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let (x, dy, kernels) = (site.operands[0], site.cotangent, VectorKernels.current)
    switch form {
    case .erf:
      kernels.geluErfBackward(x, cotangent: dy, into: dx.view, accumulates: dx.accumulates)
    case .tanh:
      kernels.geluTanhBackward(x, cotangent: dy, into: dx.view, accumulates: dx.accumulates)
    case .polynomial:
      kernels.geluPolynomialBackward(
        x, cotangent: dy, into: dx.view, accumulates: dx.accumulates)
    }
  }
}
