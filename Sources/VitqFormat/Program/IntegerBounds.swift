/// The largest sums that integer kernels meet; each must stay below 2³¹.
package enum IntegerBounds {
  /// Of activation codes, 0 … 255.
  static let largestCode = 255
  /// Of weights, keys and values as bytes, −128 … 127.
  static let largestByte = 128
  static let limit = 1 << 31

  /// Σ a · w and Σ a · u over the inputs of a linear layer, together.
  package static func checkLinear(
    inputs: Int, largestZeroPoint: Int, _ place: ProgramPlace
  ) throws(ProgramError) {
    let bound = inputs * largestCode * (largestByte + largestZeroPoint)
    try place.require(bound < limit, "sums below 2^31 for any codes", "up to \(bound)")
  }

  /// Σ (q − zero point) · k over a head.
  package static func checkScores(headWidth: Int, _ place: ProgramPlace) throws(ProgramError) {
    let bound = headWidth * largestCode * largestByte
    try place.require(bound < limit, "sums below 2^31 for any codes", "up to \(bound)")
  }

  /// Σ level · v over the keys, with codes of log2 p.
  ///
  /// Probabilities sum to 1, so with P the least p that has a code, the levels of a row sum to at
  /// most max(level / P); without that fact, to tokens · max(level).
  package static func check(
    _ quantizer: LogQuantizer, tokens: Int, _ at: (String) -> ProgramPlace
  ) throws(ProgramError) {
    try at("probabilities.stepsPerOctave").require(quantizer.stepsPerOctave, in: 1...2)
    try at("probabilities.offset").require(
      abs(quantizer.offset) <= 64, "a number from -64 to 64", "\(quantizer.offset)")
    let levels = quantizer.levels.map(Int.init)
    try at("probabilities.levels").require(levels.count == 16, "16 levels", "\(levels.count)")
    let largest = levels.max() ?? 0
    try at("probabilities.levels").require(
      largest <= 1 << 15, "levels of at most 2^15", "\(largest)")
    var sum = 0.0
    for (code, level) in levels.enumerated() {
      let leastLogarithm =
        (Double(quantizer.offset) - Double(code) - 0.5) / Double(quantizer.stepsPerOctave)
      sum = max(sum, Double(level) * BinaryExponential.exp2(-leastLogarithm))
    }
    try check(levelSum: min(sum, Double(tokens * largest)), at("probabilities.levels"))
  }

  /// Σ level · v over the keys, with a table of valid parts.
  ///
  /// As with codes of log2 p, and the last level, which has no least p, for every key.
  package static func check(
    _ quantizer: AttentionTableQuantizer, tokens: Int, _ at: (String) -> ProgramPlace
  ) throws(ProgramError) {
    let levels = quantizer.levels.map(Double.init)
    var sum = 0.0
    for (level, threshold) in zip(levels, quantizer.thresholds) {
      let leastLogarithm =
        (Double(quantizer.offset) - Double(threshold) + 0.5) / Double(quantizer.stepsPerOctave)
      sum = max(sum, level * BinaryExponential.exp2(max(min(-leastLogarithm, 100), -100)))
    }
    sum += Double(tokens) * (levels.last ?? 0)
    try check(
      levelSum: min(sum, Double(tokens) * (levels.first ?? 0)), at("probabilities.levels"))
  }

  /// Σ code · v over the keys, with codes of p: a code is at most p / step + 1/2.
  package static func check(
    _ quantizer: UniformQuantizer, tokens: Int, _ at: (String) -> ProgramPlace
  ) throws(ProgramError) {
    try at("probabilities.zeroPoint").require(
      quantizer.zeroPoint == 0 && quantizer.minimumCode == 0, "codes from a zero point of 0",
      "zero point \(quantizer.zeroPoint), codes from \(quantizer.minimumCode)")
    let sum = 1 / Double(quantizer.step) + Double(tokens) / 2
    try check(
      levelSum: min(sum, Double(tokens * quantizer.maximumCode)), at("probabilities.step"))
  }

  private static func check(levelSum: Double, _ place: ProgramPlace) throws(ProgramError) {
    // The sum of computed probabilities may exceed 1 by its rounding.
    let bound = levelSum * Double(largestByte) * 1.001
    try place.require(
      bound < Double(limit), "sums over the keys below 2^31", "up to \(bound)")
  }
}
