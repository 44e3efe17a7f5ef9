/// A quantizer of attention probabilities whose levels are powers of a base.
///
/// SARDFQ's equation 2, applied to log2 p instead of p:
///
///     code(e) = clamp(roundToNearestEven(fma(−steps, e, offset)), 0 … 16), e = log2 p
///     value(code) = levels[code] / 2¹⁵ for code < 16, 0 for code 16 and above
package struct LogQuantizer: Hashable, Sendable, Codable {
  /// Codes per octave: 1 for base 2, 2 for base √2.
  package var stepsPerOctave: Int
  /// stepsPerOctave · log2 of the value of code 0.
  package var offset: Float
  /// Sixteen values in units of 2⁻¹⁵, at most 2¹⁵, so that sums over a row stay exact in FP32.
  package var levels: [UInt16]

  /// The quantizer whose code 0 stands for `largest` and code q for largest · base^−q.
  ///
  /// - Parameters:
  ///   - largest: The value of code 0, in (0, 1].
  ///   - stepsPerOctave: 1 for base 2, 2 for base √2.
  ///   - bits: 1 to 4; codes past 2^bits − 1 stand for 0.
  package init(largest: Float, stepsPerOctave: Int, bits: Int) {
    self.stepsPerOctave = stepsPerOctave
    let unit = Double(largest) * 32768
    var value = unit
    let base = stepsPerOctave == 1 ? 2.0 : 2.0.squareRoot()
    var levels: [UInt16] = []
    for code in 0..<16 {
      levels.append(code < 1 << bits ? UInt16(min(value.rounded(.toNearestOrEven), 32768)) : 0)
      value /= base
    }
    self.levels = levels
    offset = Float(stepsPerOctave) * Float(BinaryExponential.log2(Double(largest)))
  }

  /// The quantizer of the given parts, as a file holds them.
  package init(stepsPerOctave: Int, offset: Float, levels: [UInt16]) {
    self.stepsPerOctave = stepsPerOctave
    self.offset = offset
    self.levels = levels
  }
}
