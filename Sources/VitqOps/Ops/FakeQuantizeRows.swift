package import VitqGraph
package import VitqTensor

/// Rounds each row to the values of a uniform quantizer of its own: dynamic scales of each token.
///
/// The quantizer of a row spans the row and 0; `Program.RowQuantization` has the formula.
///
/// Operands: x [N, C], real or integer with one scale. Result: the shape of x. In integer arithmetic
/// the result is the codes 0 … 2^bits − 1, encoded by rows.
package struct FakeQuantizeRows: CatalogOperation {
  package static let mnemonic = "fake_quantize_rows"

  /// 1 to 8.
  package var bits: Int

  package init(bits: Int) { self.bits = bits }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "1 to 8 bits a code") { _ in (1...8).contains(bits) }
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    operands[0] == .real || operands[0].single != nil ? .integerRows : nil
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    let operand = x.encoding.single ?? (scale: 1, zeroPoint: 0)
    VectorKernels.current.quantizeRows(
      x, scale: operand.scale, zeroPoint: operand.zeroPoint, bits: bits, into: site.result)
  }

  /// Straight through (arXiv:1308.3432, section 4), step and zero point held fixed: ∂x = ∂y.
  ///
  /// No value lies more than half a step outside the codes.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.give(site.cotangent, to: dx.view, accumulates: dx.accumulates)
  }
}
