extension AttentionTableQuantizer {
  /// 2^bits levels largest · 2^−q, each for the p nearest to it in their logarithm.
  package static func log2(
    bits: Int, largest: Float = 1, endsInZero: Bool = false
  ) -> AttentionTableQuantizer {
    powers(of: 2, bits: bits, largest: largest, endsInZero: endsInZero)
  }

  /// 2^bits levels largest · 2^(−q/2) (RepQ-ViT, arXiv:2212.08254, section 3.3).
  package static func logSqrt2(
    bits: Int, largest: Float = 1, endsInZero: Bool = false
  ) -> AttentionTableQuantizer {
    powers(of: 2.0.squareRoot(), bits: bits, largest: largest, endsInZero: endsInZero)
  }

  /// 2^bits levels largest · base^−q (AdaLog, arXiv:2407.12951, section 3.2); base above 1, at
  /// most 16.
  package static func adaLog(
    bits: Int, base: Double, largest: Float = 1, endsInZero: Bool = false
  ) -> AttentionTableQuantizer {
    powers(of: base, bits: bits, largest: largest, endsInZero: endsInZero)
  }

  /// One fine code for each power; powers that round to the same level share it.
  ///
  /// Of 1 to 6 bits; the first level is `largest`, in (0, 1], and the last of the 2^bits levels is
  /// 0 instead of a power if `endsInZero`.
  private static func powers(
    of base: Double, bits: Int, largest: Float, endsInZero: Bool
  ) -> AttentionTableQuantizer {
    precondition((1...6).contains(bits), "\(bits) bits")
    precondition(base > 1 && base <= 16, "base \(base)")
    precondition(largest > 0 && largest <= 1, "largest level \(largest)")
    var value = Double(largest) * 32768
    var levels: [UInt16] = []
    var thresholds: [UInt8] = []
    for code in 0..<1 << bits {
      let isZero = endsInZero && code == 1 << bits - 1
      let level = isZero ? 0 : UInt16(max(value.rounded(.toNearestOrEven), 1))
      if let last = levels.last, last > level { thresholds.append(UInt8(code)) }
      if levels.last != level { levels.append(level) }
      value /= base
    }
    let steps = 1 / BinaryExponential.log2(base)
    return AttentionTableQuantizer(
      stepsPerOctave: Float(steps),
      offset: Float(steps * BinaryExponential.log2(Double(largest))), levels: levels,
      thresholds: thresholds)
  }

  /// The given levels, each for the p nearest to it; of two as near the larger.
  ///
  /// Levels are rounded to multiples of 2⁻¹⁵. A fine code stands for the p at its centre, from 1
  /// down; with 16 fine codes per octave p is known to ±2.2 %. Levels that no fine code is nearest
  /// to are left out. The values are 1 to 64 numbers in 0 … 1, in any order, and 256 fine codes must
  /// reach from 1 down to the least of interest.
  package static func levels(
    _ values: [Double], stepsPerOctave: Float = 16
  ) -> AttentionTableQuantizer {
    precondition(
      (1...maximumLevelCount).contains(values.count) && values.allSatisfy((0...1).contains),
      "levels \(values)")
    let candidates = Set(values.map { UInt16(($0 * 32768).rounded(.toNearestOrEven)) })
      .sorted(by: >)
    var levels: [UInt16] = []
    var thresholds: [UInt8] = []
    var index = 0
    for code in 0..<256 {
      let p = 32768 * BinaryExponential.exp2(-Double(code) / Double(stepsPerOctave))
      while index + 1 < candidates.count,
        2 * p < Double(candidates[index]) + Double(candidates[index + 1])
      {
        index += 1
      }
      guard levels.last != candidates[index] else { continue }
      if !levels.isEmpty { thresholds.append(UInt8(code)) }
      levels.append(candidates[index])
    }
    return AttentionTableQuantizer(
      stepsPerOctave: stepsPerOctave, offset: 0, levels: levels, thresholds: thresholds)
  }
}
