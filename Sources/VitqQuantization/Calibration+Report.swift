import VitqFormat
import VitqTensor

extension Calibration {
  mutating func report(
    _ node: String, weights quantizers: [UniformQuantizer], _ tensor: Tensor,
    squaredError: Double
  ) throws(QuantizationError) {
    let codeCount = quantizers[0].maximumCode - quantizers[0].minimumCode + 1
    let low = quantizers.map { $0.value(of: $0.minimumCode) }.min() ?? 0
    let high = quantizers.map { $0.value(of: $0.maximumCode) }.max() ?? 0
    try report(
      node, .weight, bits: codeCount.trailingZeroBitCount, codedRange: low...high, [tensor],
      squaredError: squaredError)
  }

  mutating func report(
    _ node: String, _ role: QuantizerReport.Role, _ quantizer: ActivationQuantizer,
    _ tensors: [Tensor]
  ) throws(QuantizationError) {
    try report(
      node, role, bits: quantizer.bits, codedRange: quantizer.codedRange, tensors,
      squaredError: quantizer.squaredError)
  }

  private mutating func report(
    _ node: String, _ role: QuantizerReport.Role, bits: Int, codedRange: ClosedRange<Float>,
    _ tensors: [Tensor], squaredError: Double
  ) throws(QuantizationError) {
    let powers = tensors.map(\.power)
    let power = powers.reduce(0, +)
    guard power.isFinite else {
      let image = powers.firstIndex { !$0.isFinite }
      throw .notFinite(node: node, image: role == .weight ? nil : image)
    }
    let low = tensors.map { $0.elements.min() ?? 0 }.min() ?? 0
    let high = tensors.map { $0.elements.max() ?? 0 }.max() ?? 0
    entries.append(
      QuantizerReport(
        node: node, role: role, bits: bits, range: low...high, codedRange: codedRange,
        relativeError: power > 0 ? squaredError / power : 0))
  }
}
