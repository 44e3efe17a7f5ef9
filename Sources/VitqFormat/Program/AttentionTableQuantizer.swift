/// A quantizer of attention probabilities with any levels, by a table over fine codes of log2 p.
///
///     c = clamp(roundToNearestEven(fma(−stepsPerOctave, e, offset)), 0 … 255), e = log2 p
///     value(c) = levels[the number of thresholds ≤ c] / 2¹⁵
///
/// So a level belongs to an interval of p. Powers of any base, and levels that minimise an error,
/// are all cases of it; ``LogQuantizer`` is the case of one fine code for each level.
package struct AttentionTableQuantizer: Hashable, Sendable, Codable {
  /// One for each fine code.
  package static let maximumLevelCount = 256

  /// Fine codes per octave of p; positive and finite.
  package var stepsPerOctave: Float
  /// stepsPerOctave · log2 of the p at the centre of fine code 0.
  package var offset: Float
  /// Values in units of 2⁻¹⁵, at most 2¹⁵, descending and distinct; at most 256.
  package var levels: [UInt16]
  /// The least fine code of each level but the first, ascending and distinct, from 1.
  package var thresholds: [UInt8]

  package init(
    stepsPerOctave: Float, offset: Float, levels: [UInt16], thresholds: [UInt8]
  ) {
    self.stepsPerOctave = stepsPerOctave
    self.offset = offset
    self.levels = levels
    self.thresholds = thresholds
  }

  /// For each fine code the index of its level.
  package var indices: [Int] {
    var index = 0
    return (0..<256).map { code in
      while index < thresholds.count, Int(thresholds[index]) <= code { index += 1 }
      return index
    }
  }

  /// For each fine code the level, in units of 2⁻¹⁵.
  package var levelOfCode: [UInt16] { indices.map { levels[$0] } }

  /// The largest number that divides all levels; 1 if they are 0.
  package var commonDivisor: UInt16 {
    func divisor(_ a: UInt16, _ b: UInt16) -> UInt16 { b == 0 ? a : divisor(b, a % b) }
    return max(levels.reduce(0, divisor), 1)
  }

  /// What one of the levels of ``reduced`` stands for.
  package var unit: Float { Float(commonDivisor) / 32768 }

  /// The same with levels in units of their own, ``unit``.
  ///
  /// Kernels multiply levels that all fit a byte in half the time.
  package var reduced: AttentionTableQuantizer {
    var result = self
    let divisor = commonDivisor
    result.levels = levels.map { $0 / divisor }
    return result
  }

  /// Whether the parts are as their descriptions say, so that sums of levels stay exact in FP32.
  package var isValid: Bool {
    stepsPerOctave > 0 && stepsPerOctave.isFinite && offset.isFinite
      && (1...Self.maximumLevelCount).contains(levels.count)
      && thresholds.count == levels.count - 1
      && levels.allSatisfy { $0 <= 1 << 15 } && thresholds.allSatisfy { $0 >= 1 }
      && zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 }
      && zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 < $1 }
  }
}
