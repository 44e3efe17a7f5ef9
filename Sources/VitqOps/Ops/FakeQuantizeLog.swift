package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Rounds attention probabilities to the levels of a logarithmic quantizer.
///
///     code = clamp(round(offset − steps e), 0 … 16)    y = levels[code] / 2¹⁵
///
/// Operands: e = log2 p, as ``LogSoftmax`` gives it. Result: the shape of e; probabilities, not
/// their logarithms. In integer arithmetic the result is the levels, encoded with scale 2⁻¹⁵.
/// Source: see ``LogQuantizer``.
package struct FakeQuantizeLog: CatalogOperation {
  package static let mnemonic = "fake_quantize_log"

  package var quantizer: LogQuantizer

  package init(_ quantizer: LogQuantizer) { self.quantizer = quantizer }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, "a quantizer of 16 levels up to 2¹⁵ and a positive number of steps") {
      _ in
      quantizer.levels.count == 16 && quantizer.levels.allSatisfy { $0 <= 1 << 15 }
        && quantizer.stepsPerOctave > 0 && quantizer.offset.isFinite
    }
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    operands[0] == .real ? .integer(scales: [Self.unit], zeroPoints: [0]) : nil
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0]) }

  package func forward(_ site: ForwardSite) {
    let unit = site.result.encoding == .real ? Self.unit : 1
    VectorKernels.current.logQuantize(site.operands[0], coding(unit: unit), into: site.result)
  }

  /// Straight through on p: with ŷ the result, ∂e = ∂y ŷ ln 2 where the code is not clamped and
  /// the level is not 0, else 0.
  package func pullback(_ site: PullbackSite) {
    guard let de = site.gradients[0] else { return }
    VectorKernels.current.logQuantizeBackward(
      site.operands[0], coding(unit: Self.unit), cotangent: site.cotangent, into: de.view,
      accumulates: de.accumulates)
  }

  /// 2⁻¹⁵.
  private static let unit: Float = 1 / 32768

  private func coding(unit: Float) -> LogCoding {
    LogCoding(
      stepsPerOctave: Float(quantizer.stepsPerOctave), offset: quantizer.offset, unit: unit,
      levels: quantizer.levels.map(Float.init))
  }
}
