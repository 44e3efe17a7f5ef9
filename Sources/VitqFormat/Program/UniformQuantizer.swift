/// A uniform quantizer of one tensor: value ≈ step · (code − zeroPoint).
///
/// Codes are whole numbers in `codes`. The rule, in this order of FP32 operations, is
///
///     code(x) = clamp(roundToNearestEven(fma(x, 1 / step, zeroPoint)), codes)
///
/// and every kernel follows it (`v16_code` in `f32_math.h`), so that the simulated and the
/// executed quantization cannot disagree.
package struct UniformQuantizer: Hashable, Sendable, Codable {
  /// The distance of neighbouring values; positive and finite.
  package var step: Float
  /// The code that stands for 0.
  package var zeroPoint: Int
  package var minimumCode: Int
  package var maximumCode: Int

  package init(step: Float, zeroPoint: Int, minimumCode: Int, maximumCode: Int) {
    self.step = step
    self.zeroPoint = zeroPoint
    self.minimumCode = minimumCode
    self.maximumCode = maximumCode
  }

  /// 1 / step, rounded once; what kernels multiply by.
  package var inverseStep: Float { 1 / step }

  package func code(of value: Float) -> Int {
    let scaled = Float(zeroPoint).addingProduct(value, inverseStep)
    let rounded = scaled.rounded(.toNearestOrEven)
    return Int(min(max(rounded, Float(minimumCode)), Float(maximumCode)))
  }

  package func value(of code: Int) -> Float { step * Float(code - zeroPoint) }
}
