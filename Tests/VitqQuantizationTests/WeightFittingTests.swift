import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct WeightFittingTests {
  private let workers = Workers(count: 2)
  private let width = 12

  @Test func withoutRegularisationTheResidualIsOrthogonalToTheInputs() throws {
    let (x, quantized) = inputs()
    let statistics = InputStatistics(inputs: x, quantizedInputs: quantized, workers: workers)
    let weight = randomWeight(rows: 5)
    let fitted = RidgeRegression.updated(weight, statistics, strength: 1e-7)
    // Σ (W x − W′ x̂) x̂ᵀ over centred inputs is W C − W′ G.
    let before = residual(weight, weight, statistics)
    let after = residual(weight, fitted, statistics)
    #expect(after < before / 1000)
  }

  @Test func strongRegularisationKeepsTheWeight() {
    let (x, quantized) = inputs()
    let statistics = InputStatistics(inputs: x, quantizedInputs: quantized, workers: workers)
    let weight = randomWeight(rows: 5)
    let fitted = RidgeRegression.updated(weight, statistics, strength: 1e9)
    #expect(Tolerance.rounding.accepts(fitted.elements, weight.elements))
  }

  @Test func independentInputsAreRoundedToTheNearest() throws {
    var gram = PositiveDefiniteMatrix(
      order: width, elements: Array(repeating: 0, count: width * width))
    for i in 0..<width { gram[i, i] = Double(i + 1) }
    let rounding = try #require(WeightRounding(gram, damping: 0.01))
    let weight = randomWeight(rows: 4)
    let quantizer = UniformQuantizer(step: 0.1, zeroPoint: 1, minimumCode: -8, maximumCode: 7)
    let rounded = rounding.rounded(weight, quantizers: [quantizer], workers: workers)
    let nearest = weight.elements.map { quantizer.value(of: quantizer.code(of: $0)) }
    #expect(Tolerance.exact.accepts(rounded.elements, nearest))
  }

  @Test func roundingReducesTheErrorOfOutputsWithDependentInputs() throws {
    let (_, quantized) = inputs()
    let statistics = InputStatistics(
      inputs: quantized, quantizedInputs: quantized, workers: workers)
    let rounding = try #require(WeightRounding(statistics.gram, damping: 0.01))
    let weight = randomWeight(rows: 6)
    let quantizer = UniformQuantizer(step: 0.14, zeroPoint: 0, minimumCode: -8, maximumCode: 7)
    let rounded = rounding.rounded(weight, quantizers: [quantizer], workers: workers)
    let nearest = Tensor(
      weight.shape, weight.elements.map { quantizer.value(of: quantizer.code(of: $0)) })
    #expect(
      outputError(weight, rounded, statistics) < 0.8 * outputError(weight, nearest, statistics))
  }

  @Test func statisticsDoNotDependOnTheNumberOfWorkers() {
    let (x, quantized) = inputs()
    let results = [1, 3].map {
      InputStatistics(inputs: x, quantizedInputs: quantized, workers: Workers(count: $0))
    }
    #expect(results[0].gram.elements == results[1].gram.elements)
    #expect(results[0].cross == results[1].cross)
  }

  @Test func theBiasTakesUpTheMeanError() {
    let quantizer = UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: -8, maximumCode: 7)
    let corrected = BiasCorrection.corrected(
      Tensor([1], [10]), weight: Tensor([1, 2], [1.25, -2.5]), quantizers: [quantizer],
      rounded: Tensor([1, 2], [1, -2]), inputMeans: [4, 2], quantizedInputMeans: [3, 1])
    // 10 + (1.25 · 4 − 2.5 · 2) − (1 · 3 − 2 · 1)
    #expect(corrected.elements == [9])
  }

  // MARK: Errors by definition

  /// Σ over outputs of |W C − W′ G|².
  private func residual(
    _ weight: Tensor, _ fitted: Tensor, _ statistics: InputStatistics
  ) -> Double {
    var sum = 0.0
    for n in 0..<weight.shape[0] {
      for column in 0..<width {
        var value = 0.0
        for k in 0..<width {
          value += Double(weight.elements[n * width + k]) * statistics.cross[k * width + column]
          let gram = statistics.gram[min(k, column), max(k, column)]
          value -= Double(fitted.elements[n * width + k]) * gram
        }
        sum += value * value
      }
    }
    return sum
  }

  /// Σ over outputs of (w − w′) G (w − w′)ᵀ.
  private func outputError(
    _ weight: Tensor, _ rounded: Tensor, _ statistics: InputStatistics
  ) -> Double {
    var sum = 0.0
    for n in 0..<weight.shape[0] {
      for i in 0..<width {
        for j in 0..<width {
          let (a, b) = (n * width + i, n * width + j)
          sum +=
            Double(weight.elements[a] - rounded.elements[a])
            * Double(weight.elements[b] - rounded.elements[b])
            * statistics.gram[min(i, j), max(i, j)]
        }
      }
    }
    return sum
  }

  private func randomWeight(rows: Int) -> Tensor {
    var generator = SplitMix64(seed: 11)
    return Tensor([rows, width], generator.floats(rows * width))
  }

  /// Inputs with dependent columns, and the same on a coarse grid.
  private func inputs() -> (x: [Tensor], quantized: [Tensor]) {
    var generator = SplitMix64(seed: 10)
    let mixing = generator.floats(width * width)
    let x = (0..<3).map { _ in
      let sources = generator.floats(60 * width)
      return Tensor(
        [60, width],
        (0..<60 * width).map { i in
          (0..<4).reduce(Float(0)) {
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
