import Testing
import VitqAutodiff
import VitqFormat
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct CodebookSearchTests {
  private let workers = Workers(count: 2)
  /// All but no clipping.
  private let percentiles = [0.99999]

  @Test func twoLevelsAreTheBestTwo() {
    let values = skewed(400)
    let found = CodebookSearch(bits: 1, percentiles: percentiles, codes: .codebook).choose(
      [values], workers: workers)
    var best = Double.infinity
    for low in 0..<255 {
      for high in low + 1..<256 {
        var quantizer = found.quantizer
        quantizer.levels = [UInt8(low), UInt8(high)]
        best = min(best, error(quantizer, values))
      }
    }
    #expect(found.squaredError <= best * 1.001)
    #expect(abs(found.squaredError - error(found.quantizer, values)) < 1e-3 * best)
  }

  @Test(arguments: [3, 4, 6])
  func codebooksBeatEqualStepsAndPowers(_ bits: Int) {
    let values = [skewed(3000), skewed(2000, seed: 9)]
    let codebook = CodebookSearch(bits: bits, percentiles: percentiles, codes: .codebook)
      .choose(values, workers: workers)
    let uniform = ActivationSearch(bits: bits, percentiles: percentiles)
      .choose(values, workers: workers)
    #expect(codebook.quantizer.isValid && codebook.quantizer.levels.count <= 1 << bits)
    #expect(codebook.squaredError < 0.9 * uniform.squaredError)
    for codes in [QuantizationRecipe.ActivationCodes.adalog, .log2, .logSqrt2] {
      let powers = CodebookSearch(bits: bits, percentiles: percentiles, codes: codes)
        .choose(values, workers: workers)
      #expect(powers.quantizer.isValid && powers.quantizer.levels.count <= 1 << bits)
      #expect(codebook.squaredError <= powers.squaredError)
    }
  }

  @Test(arguments: [
    (QuantizationRecipe.ActivationCodes.log2, 2.0), (.logSqrt2, 2.0.squareRoot()),
  ])
  func powersAboveTheLowestCodeHaveTheirRatio(
    _ codes: QuantizationRecipe.ActivationCodes, _ base: Double
  ) {
    let found = CodebookSearch(bits: 4, percentiles: percentiles, codes: codes)
      .choose([skewed(3000)], workers: workers)
    let levels = found.quantizer.levels.map(Double.init)
    let heights = levels.dropFirst().map { $0 - levels[0] }
    #expect(heights.count >= 7)
    for (smaller, larger) in zip(heights, heights.dropFirst()) where smaller > 8 {
      // Each is rounded to a whole number.
      #expect(abs(larger - base * smaller) <= (1 + base) / 2)
    }
  }

  @Test func aConstantHasOneLevel() {
    let found = CodebookSearch(bits: 4, percentiles: percentiles, codes: .codebook).choose(
      [Tensor(zeros: [4, 5])], workers: workers)
    #expect(found.quantizer.levels.count == 1)
    #expect(found.squaredError == 0)
  }

  @Test(arguments: [3, 4, 6, 7, 8])
  func attentionTablesBeatPowersOfTwo(_ bits: Int) throws {
    let probabilities = attention(60)
    let logarithms = Tensor(
      probabilities.shape, probabilities.elements.map { logarithm($0) })
    func choose(
      _ codes: QuantizationRecipe.ActivationCodes, bits: Int
    ) -> (AttentionTableQuantizer, Double) {
      let found = AttentionTableSearch(bits: bits, codes: codes).choose(
        logarithms: [logarithms], probabilities: [probabilities], workers: workers)
      return (found.quantizer, found.squaredError)
    }
    let (table, error) = choose(.codebook, bits: bits)
    let (powers, errorOfPowers) = choose(.adalog, bits: bits)
    #expect(error < choose(.codebook, bits: bits - 1).1)
    #expect(errorOfPowers < choose(.adalog, bits: bits - 1).1)
    #expect(table.isValid && table.levels.count <= 1 << bits)
    #expect(powers.isValid && powers.levels.count <= 1 << bits)
    #expect(error <= errorOfPowers)
    let log2 = AttentionSearch(
      stepsPerOctave: 1, bits: min(bits, 4), percentiles: [0.999, 0.9999, 0.99999]
    ).choose(logarithms: [logarithms], probabilities: [probabilities], workers: workers)
    #expect(error < log2.squaredError)
    let levels = table.levelOfCode
    let measured = zip(logarithms.elements, probabilities.elements).reduce(0.0) { sum, pair in
      let code = min(max((-16 * pair.0).rounded(.toNearestOrEven), 0), 255)
      let difference = Double(levels[Int(code)]) / 32768 - Double(pair.1)
      return sum + difference * difference
    }
    #expect(abs(measured - error) < 1e-3 * error)
  }

  // MARK: Numbers

  private func error(_ quantizer: CodebookQuantizer, _ values: Tensor) -> Double {
    let map = quantizer.map
    return values.elements.reduce(0) { sum, x in
      let code = map[quantizer.grid.code(of: x)]
      let difference = Double(quantizer.grid.value(of: Int(code)) - x)
      return sum + difference * difference
    }
  }

  /// Many small numbers and few large ones, as GELU gives them.
  private func skewed(_ count: Int, seed: UInt64 = 3) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return Tensor(
      [count, 1],
      generator.floats(count).map { x in x < 0 ? 0.17 * x * (1 + x) : 4 * x * x * x })
  }

  /// Rows that sum to 1, with a few large numbers each.
  private func attention(_ rows: Int) -> Tensor {
    var generator = SplitMix64(seed: 4)
    let elements = (0..<rows).flatMap { _ -> [Float] in
      let powers = generator.floats(50).map { x in x * x * x * x * x * x + 1e-3 }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
    return Tensor([1, rows, 50], elements)
  }

  /// log2 x by halving and squaring.
  private func logarithm(_ x: Float) -> Float {
    var mantissa = Double(x.significand)
    var result = Double(x.exponent)
    var bit = 0.5
    for _ in 0..<30 {
      mantissa *= mantissa
      if mantissa >= 2 {
        mantissa /= 2
        result += bit
      }
      bit /= 2
    }
    return Float(result)
  }
}
