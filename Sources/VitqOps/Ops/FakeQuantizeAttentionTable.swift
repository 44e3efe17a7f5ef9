package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Rounds attention probabilities to any levels.
///
///     c = clamp(round(offset − steps e), 0 … 255)    y = level(c) / 2¹⁵
///
/// Operands: e = log2 p, as ``LogSoftmax`` gives it. Result: the shape of e; probabilities, not
/// their logarithms. In integer arithmetic the result is the levels in a unit of their own.
/// Source: see ``AttentionTableQuantizer``.
package struct FakeQuantizeAttentionTable: CatalogOperation {
  package static let mnemonic = "fake_quantize_attention_table"

  package var quantizer: AttentionTableQuantizer

  package init(_ quantizer: AttentionTableQuantizer) { self.quantizer = quantizer }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(
      0, "positive steps, 1 to 64 descending levels up to 2¹⁵ and ascending thresholds between them"
    ) { _ in quantizer.isValid }
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    operands[0] == .real ? .integer(scales: [quantizer.unit], zeroPoints: [0]) : nil
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0]) }

  package func forward(_ site: ForwardSite) {
    let isReal = site.result.encoding == .real
    VectorKernels.current.tableQuantize(
      site.operands[0], coding(unit: isReal ? quantizer.unit : 1), into: site.result)
  }

  /// Straight through on p: with ŷ the result, ∂e = ∂y ŷ ln 2 where the fine code is not clamped,
  /// else 0.
  package func pullback(_ site: PullbackSite) {
    guard let de = site.gradients[0] else { return }
    VectorKernels.current.logTableQuantizeBackward(
      site.operands[0], coding(unit: quantizer.unit), cotangent: site.cotangent, into: de.view,
      accumulates: de.accumulates)
  }

  private func coding(unit: Float) -> TableCoding {
    TableCoding(
      slope: -quantizer.stepsPerOctave, offset: quantizer.offset,
      values: quantizer.reduced.levelOfCode.map { Float($0) * unit })
  }
}
