import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

/// ERQ's steps, the affine correction and the centring of channels, by their definitions.
struct ClosedFormTests {
  private let workers = Workers(count: 2)
  private let width = 10

  @Test func reducedActivationErrorIsOrthogonalToTheInputs() throws {
    let (x, quantized) = inputs()
    let statistics = InputStatistics(inputs: x, quantizedInputs: quantized, workers: workers)
    let (weight, bias) = layer(rows: 3)
    let updated = try #require(
      ActivationErrorReduction.updated(
        weight: weight, bias: bias, statistics, lambda: 1e-4))
    let before = outputError(weight, bias, weight, bias, x, quantized)
    let after = outputError(weight, bias, updated.weight, updated.bias, x, quantized)
    #expect(after < 0.9 * before)
    let kept = try #require(
      ActivationErrorReduction.updated(
        weight: weight, bias: bias, statistics, lambda: 1e12))
    #expect(Tolerance.rounding.accepts(kept.weight.elements, weight.elements))
  }

  @Test func progressiveRoundingBeatsTheNearestCodes() throws {
    let (_, quantized) = inputs()
    let statistics = InputStatistics(
      inputs: quantized, quantizedInputs: quantized, workers: workers)
    let (weight, bias) = layer(rows: 6)
    let quantizer = UniformQuantizer(step: 0.14, zeroPoint: 0, minimumCode: -8, maximumCode: 7)
    let rounding = ProgressiveRounding(statistics.augmentedGram, lambda: 0.1)
    let rounded = try #require(
      try rounding.rounded(weight, bias: bias, quantizers: [quantizer], workers: workers))
    let nearest = Tensor(
      weight.shape, weight.elements.map { quantizer.value(of: quantizer.code(of: $0)) })
    let isOnGrid = rounded.weight.elements.allSatisfy {
      quantizer.value(of: quantizer.code(of: $0)) == $0
    }
    #expect(isOnGrid)
    let error = outputError(weight, bias, rounded.weight, rounded.bias, quantized, quantized)
    #expect(error < 0.8 * outputError(weight, bias, nearest, bias, quantized, quantized))
  }

  @Test func theAffineCorrectionFindsTheFactor() {
    let (x, _) = inputs()
    let statistics = InputStatistics(inputs: x, quantizedInputs: x, workers: workers)
    let weight = layer(rows: 4).weight
    let smaller = Tensor(weight.shape, weight.elements.map { 0.8 * $0 })
    let factors = AffineCorrection.factors(weight: weight, rounded: smaller, statistics)
    #expect(Tolerance.rounding.accepts(factors, Array(repeating: 1.25, count: 4)))
    let none = AffineCorrection.factors(
      weight: weight, rounded: Tensor(zeros: weight.shape), statistics)
    #expect(none == [1, 1, 1, 1])
  }

  @Test func centredChannelsGiveTheSameOutputs() {
    let (x, _) = inputs()
    let (weight, bias) = layer(rows: 3)
    let centring = ChannelCentring(x)
    let beta = Tensor([width], Array(repeating: 0.5, count: width))
    let shifts = zip(centring.centred(beta: beta).elements, beta.elements).map { $0 - $1 }
    let shifted = x.map { tensor in
      Tensor(
        tensor.shape, tensor.elements.enumerated().map { i, value in value + shifts[i % width] })
    }
    let means = InputStatistics.means(shifted)
    #expect(means.allSatisfy { abs($0) < 1e-6 })
    let moved = centring.shifted(bias: bias, weight: weight)
    #expect(outputError(weight, bias, weight, moved, x, shifted) < 1e-9)
  }

  @Test func stepFactorsNeverRaiseTheErrorOfRounding() throws {
    let (_, quantized) = inputs()
    let statistics = InputStatistics(
      inputs: quantized, quantizedInputs: quantized, workers: workers)
    let rounding = try #require(WeightRounding(statistics.gram, damping: 1e-4))
    let weight = layer(rows: 6).weight
    let quantizers = (0..<6).map { n in
      UniformQuantizer(
        step: 0.1 + 0.02 * Float(n), zeroPoint: 0, minimumCode: -8, maximumCode: 7)
    }
    let plain = rounding.choose(
      weight, quantizers: quantizers, stepFactors: [1], workers: workers)
    let chosen = rounding.choose(
      weight, quantizers: quantizers, stepFactors: [1, 0.9, 1.1], workers: workers)
    #expect(plain.quantizers == quantizers)
    #expect(
      centredError(weight, chosen.weight, statistics)
        < centredError(weight, plain.weight, statistics))
  }

  // MARK: Errors by definition

  /// The variance over rows of W x + b − (W′ x̂ + b′), and its mean squared, summed over outputs.
  private func outputError(
    _ weight: Tensor, _ bias: Tensor, _ other: Tensor, _ otherBias: Tensor, _ x: [Tensor],
    _ quantized: [Tensor]
  ) -> Double {
    var sum = 0.0
    for (x, quantized) in zip(x, quantized) {
      for row in 0..<x.shape[0] {
        for n in bias.elements.indices {
          var difference = Double(bias.elements[n]) - Double(otherBias.elements[n])
          for k in 0..<width {
            difference += Double(weight.elements[n * width + k] * x.elements[row * width + k])
            difference -= Double(
              other.elements[n * width + k] * quantized.elements[row * width + k])
          }
          sum += difference * difference
        }
      }
    }
    return sum
  }

  /// Σ over outputs of (w − w′) G (w − w′)ᵀ.
  private func centredError(
    _ weight: Tensor, _ other: Tensor, _ statistics: InputStatistics
  ) -> Double {
    var sum = 0.0
    for n in 0..<weight.shape[0] {
      let d = (0..<width).map {
        Double(weight.elements[n * width + $0] - other.elements[n * width + $0])
      }
      for i in 0..<width {
        for j in 0..<width { sum += d[i] * d[j] * statistics.gram[min(i, j), max(i, j)] }
      }
    }
    return sum
  }

  private func layer(rows: Int) -> (weight: Tensor, bias: Tensor) {
    var generator = SplitMix64(seed: 21)
    return (
      Tensor([rows, width], generator.floats(rows * width)),
      Tensor([rows], generator.floats(rows))
    )
  }

  /// Inputs with dependent columns and means, and the same on a coarse grid.
  private func inputs() -> (x: [Tensor], quantized: [Tensor]) {
    var generator = SplitMix64(seed: 20)
    let mixing = generator.floats(width * width)
    let x = (0..<3).map { _ in
      let sources = generator.floats(60 * width)
      return Tensor(
        [60, width],
        (0..<60 * width).map { i in
          (0..<4).reduce(Float(0.3)) {
            $0 + sources[i / width * width + $1] * mixing[$1 * width + i % width]
          } + 0.1 * sources[i]
        })
    }
    let quantized = x.map { tensor in
      Tensor(tensor.shape, tensor.elements.map { ($0 / 0.3).rounded() * 0.3 })
    }
    return (x, quantized)
  }
}
