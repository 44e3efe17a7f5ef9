package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Rounds to the values of a codebook.
///
///     code = the level nearest to clamp(round(x / step + zero point))
///     y = step (code − zero point)
///
/// Operands: x, real or integer with one scale. Result: the shape of x. In integer arithmetic the
/// result is the codes, encoded with step and zero point. Source: see ``CodebookQuantizer``.
package struct FakeQuantizeCodebook: CatalogOperation {
  package static let mnemonic = "fake_quantize_codebook"

  package var quantizer: CodebookQuantizer

  package init(_ quantizer: CodebookQuantizer) { self.quantizer = quantizer }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, "a positive step, a zero point within 0 … 255 and ascending levels") {
      _ in quantizer.isValid
    }
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    guard operands[0] == .real || operands[0].single != nil else { return nil }
    return .integer(scales: [quantizer.step], zeroPoints: [Float(quantizer.zeroPoint)])
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0]) }

  package func forward(_ site: ForwardSite) {
    let (x, y) = (site.operands[0], site.result)
    let operand = x.encoding.single ?? (scale: 1, zeroPoint: 0)
    let values = quantizer.map.map { code in
      y.encoding == .real ? quantizer.grid.value(of: Int(code)) : Float(code)
    }
    VectorKernels.current.tableQuantize(
      x, scale: operand.scale, zeroPoint: operand.zeroPoint,
      TableCoding(
        slope: quantizer.grid.inverseStep, offset: Float(quantizer.zeroPoint), values: values),
      into: y)
  }

  /// Straight through: ∂x = ∂y where the grid's code lies between the first and the last level,
  /// else 0.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    var used = quantizer.grid
    used.minimumCode = quantizer.levels.first.map(Int.init) ?? 0
    used.maximumCode = quantizer.levels.last.map(Int.init) ?? 255
    VectorKernels.current.fakeQuantizeBackward(
      site.operands[0], UniformCoding(used), cotangent: site.cotangent, into: dx.view,
      accumulates: dx.accumulates)
  }
}
