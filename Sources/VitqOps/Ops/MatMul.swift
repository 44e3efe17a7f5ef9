package import VitqGraph
package import VitqTensor

/// A product of matrices, head by head.
///
///     y[h, n, m] = scale Σₖ a[h, n, k] b[h, k, m]      (b[h, m, k] if `transposesRight`)
///
/// Operands: a [H, N, K], b [H, K, M], or [H, M, K] if `transposesRight`. Result: [H, N, M].
///
/// With integer a and b of one scale each, the result is the exact whole number
/// Σₖ (a − zero point) (b − zero point), encoded with the product of the scales.
package struct MatMul: CatalogOperation {
  package static let mnemonic = "matmul"

  package var transposesRight: Bool
  /// 1 / √d for attention scores, 1 for attention-weighted values.
  package var scale: Float

  package init(transposesRight: Bool, scale: Float) {
    self.transposesRight = transposesRight
    self.scale = scale
  }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 2)
    try operands.expect(0, rank: 3)
    try operands.expect(1, rank: 3)
    let (a, b) = (operands[0], operands[1])
    let columns = transposesRight ? b[1] : b[2]
    try operands.expect(1, transposesRight ? [a[0], columns, a[2]] : [a[0], a[2], columns])
    return [a[0], a[1], columns]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    guard let a = operands[0].single, let b = operands[1].single else { return nil }
    let product = Float(Double(a.scale) * Double(b.scale) * Double(scale))
    return .integer(scales: [product], zeroPoints: [0])
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(byGradient: [[1], [0]]) }

  package func forward(_ site: ForwardSite) {
    let (a, b) = (site.operands[0], site.operands[1])
    for head in 0..<a.shape[0] {
      if let aCodes = a.encoding.single, let bCodes = b.encoding.single {
        MatrixMultiply.multiplyCodes(
          a.part(head), zeroPoint: aCodes.zeroPoint, b.part(head),
          zeroPoints: [bCodes.zeroPoint], transposesRight: transposesRight,
          into: site.result.part(head))
      } else {
        let right = transposesRight ? b.matrix(head).transposed : b.matrix(head)
        MatrixMultiply.multiply(
          a.matrix(head), right, scale: scale, into: site.result.matrix(head), bf16: site.bf16)
      }
    }
  }

  /// ∂a = scale ∂y bᵀ,  ∂b = scale aᵀ ∂y; of a transposed b, ∂a = scale ∂y b, ∂b = scale ∂yᵀ a.
  package func pullback(_ site: PullbackSite) {
    let (a, b, dy) = (site.operands[0], site.operands[1], site.cotangent)
    for head in 0..<a.shape[0] {
      if let da = site.gradients[0] {
        let right = transposesRight ? b.matrix(head) : b.matrix(head).transposed
        MatrixMultiply.multiply(
          dy.matrix(head), right, scale: scale, into: da.view.matrix(head),
          accumulates: da.accumulates, bf16: site.bf16)
      }
      if let db = site.gradients[1] {
        let (left, right) =
          transposesRight
          ? (dy.matrix(head).transposed, a.matrix(head))
          : (a.matrix(head).transposed, dy.matrix(head))
        MatrixMultiply.multiply(
          left, right, scale: scale, into: db.view.matrix(head), accumulates: db.accumulates,
          bf16: site.bf16)
      }
    }
  }
}
