package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// The search for the levels of an attention table.
///
/// Fine codes are sixteenths of an octave of p down from 1, so the least p that is told from
/// smaller ones is 2⁻¹⁶. The squared error of p chooses the levels: any (``LevelPartition``), or a
/// number, its products with powers of a base, and 0.
package struct AttentionTableSearch: Sendable {
  package let bits: Int
  /// Where the levels lie; not `uniform`.
  package let codes: QuantizationRecipe.ActivationCodes

  private static let stepsPerOctave = 16
  /// The units in which levels are whole numbers.
  private static let unit = 1.0 / 32768
  /// A probability of 1, in units.
  private static let highest = 32768.0

  package init(bits: Int, codes: QuantizationRecipe.ActivationCodes) {
    precondition(codes != .uniform)
    self.bits = bits
    self.codes = codes
  }

  /// The bases of powers, by the fine codes from one power to the next; nil if levels are any.
  private var spacings: ClosedRange<Int>? {
    let octave = Self.stepsPerOctave
    switch codes {
    case .log2: return octave...octave
    // RepQ-ViT (arXiv:2212.08254), section 3.3.
    case .logSqrt2: return octave / 2...octave / 2
    // Bases from 1.19 to 16 (AdaLog, arXiv:2407.12951, section 3.2), from as near to 1 as reaches
    // the last fine code if there are more than 64 levels.
    case .adalog: return min(octave / 4, 256 >> bits)...4 * octave
    case .codebook, .uniform: return nil
    }
  }

  /// The quantizer and its squared error, given log2 p and p on each image.
  package func choose(
    logarithms: [Tensor], probabilities: [Tensor], workers: Workers
  ) -> (quantizer: AttentionTableQuantizer, squaredError: Double) {
    let bins = Self.bins(logarithms, probabilities, workers: workers)
    let count = 1 << bits
    let runs = spacings.map { powers(bins, count, $0) } ?? levels(bins, count)
    var levels: [UInt16] = []
    var thresholds: [UInt8] = []
    for run in runs {
      let level = UInt16(min(max(run.level / Self.unit, 0), Self.highest))
      if levels.last.map({ level < $0 }) ?? true {
        if !levels.isEmpty { thresholds.append(UInt8(run.bins.lowerBound)) }
        levels.append(level)
      }
    }
    let quantizer = AttentionTableQuantizer(
      stepsPerOctave: Float(Self.stepsPerOctave), offset: 0,
      levels: levels.isEmpty ? [0] : levels, thresholds: thresholds)
    let error = quantizer.levelOfCode.enumerated().reduce(0) {
      $0 + bins.squaredError($1.offset..<$1.offset + 1, level: Double($1.element) * Self.unit)
    }
    return (quantizer, error)
  }

  /// Levels of least squared error; at most 16 of them are byte multiples of one number, as kernels
  /// multiply bytes faster.
  private func levels(_ bins: LevelBins, _ count: Int) -> [LevelPartition.Run] {
    let free = optimal(bins, count, spacing: 1, most: Self.highest)
    guard count <= 16, let largest = free.map(\.level).max() else { return free }
    let spacing = max((largest / (255 * Self.unit)).rounded(.up), 1)
    return optimal(
      bins, count, spacing: spacing, most: min(255, (Self.highest / spacing).rounded(.down)))
  }

  /// Levels of least squared error among `most` multiples of `spacing` units, and 0.
  private func optimal(
    _ bins: LevelBins, _ count: Int, spacing: Double, most: Double
  ) -> [LevelPartition.Run] {
    let spacing = spacing * Self.unit
    return LevelPartition(bins) { min(($0 / spacing).rounded(.toNearestOrEven), most) * spacing }
      .runs(count)
  }

  /// The largest level and the base of least error; what is below the last power is 0.
  private func powers(
    _ bins: LevelBins, _ count: Int, _ spacings: ClosedRange<Int>
  ) -> [LevelPartition.Run] {
    var best: (runs: [LevelPartition.Run], error: Double) = ([], .infinity)
    for spacing in spacings {
      for largest in 0..<spacing {
        let runs = powers(from: largest, spacing, count)
        let error = runs.reduce(0) { $0 + bins.squaredError($1.bins, level: $1.level) }
        if error < best.error { best = (runs, error) }
      }
    }
    return best.runs
  }

  /// `count` levels: the p at the fine code `first`, powers `spacing` fine codes apart, and 0.
  private func powers(from first: Int, _ spacing: Int, _ count: Int) -> [LevelPartition.Run] {
    var runs: [LevelPartition.Run] = []
    var start = 0
    for index in 0..<count - 1 {
      let center = first + index * spacing
      let end = min(center + spacing - spacing / 2, 256)
      guard start < end else { break }
      runs.append(LevelPartition.Run(bins: start..<end, level: Self.probability(center)))
      start = end
    }
    if start < 256 { runs.append(LevelPartition.Run(bins: start..<256, level: 0)) }
    return runs
  }

  /// The p at the centre of a fine code, in whole units.
  private static func probability(_ code: Int) -> Double {
    var p = 1.0
    for _ in 0..<code / stepsPerOctave { p /= 2 }
    for _ in 0..<code % stepsPerOctave { p /= 1.044_273_782_427_413_8 }
    return (p / unit).rounded(.toNearestOrEven) * unit
  }

  /// Sums of p over the numbers of each fine code.
  private static func bins(
    _ logarithms: [Tensor], _ probabilities: [Tensor], workers: Workers
  ) -> LevelBins {
    let slope = -Float(stepsPerOctave)
    let parts = workers.map(logarithms.count) {
    } body: { [logarithms, probabilities] _, i in
      var sums = Array(repeating: SIMD4<Double>(), count: 256)
      logarithms[i].elements.withUnsafeBufferPointer { logarithms in
        probabilities[i].elements.withUnsafeBufferPointer { probabilities in
          sums.withUnsafeMutableBufferPointer { sums in
            for (e, p) in zip(logarithms, probabilities) {
              let code = min(max((e * slope).rounded(.toNearestOrEven), 0), 255)
              let p = Double(p)
              sums[Int(code)] += SIMD4(1, p, p * p, 0)
            }
          }
        }
      }
      return sums
    }
    let sums = parts.reduce(Array(repeating: SIMD4<Double>(), count: 256)) { sum, part in
      zip(sum, part).map { $0 + $1 }
    }
    return LevelBins(
      counts: sums.map { $0[0] }, sums: sums.map { $0[1] }, squares: sums.map { $0[2] })
  }
}
