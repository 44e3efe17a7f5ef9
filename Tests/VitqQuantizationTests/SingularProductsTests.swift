import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

/// Closed forms on inputs with a dead channel, fewer rows than channels, or constant channels: left
/// alone without regularisation, finite with it.
struct SingularProductsTests {
  enum Inputs: CaseIterable {
    case deadChannel, fewRows, constant
  }

  private static let width = 6
  private static let workers = Workers(count: 1)

  private static func statistics(_ kind: Inputs) -> InputStatistics {
    var generator = SplitMix64(seed: 30)
    let rows = kind == .fewRows ? 2 : 40
    var values = generator.floats(rows * width)
    for i in values.indices {
      if kind == .deadChannel, i % width == 2 { values[i] = 0 }
      if kind == .constant { values[i] = 0.5 }
    }
    let x = [Tensor([rows, width], values)]
    return InputStatistics(inputs: x, quantizedInputs: x, workers: workers)
  }

  private static func layer() -> (weight: Tensor, bias: Tensor) {
    var generator = SplitMix64(seed: 31)
    return (Tensor([4, width], generator.floats(4 * width)), Tensor([4], generator.floats(4)))
  }

  private static let quantizer = UniformQuantizer(
    step: 0.2, zeroPoint: 0, minimumCode: -8, maximumCode: 7)

  /// Rows and channels are few enough for pivots of exactly 0 where no row tells channels apart.
  @Test(arguments: [Inputs.deadChannel, .constant])
  func withoutRegularisationNothingIsLearned(_ kind: Inputs) throws {
    let statistics = Self.statistics(kind)
    let (weight, bias) = Self.layer()
    #expect(
      ActivationErrorReduction.updated(weight: weight, bias: bias, statistics, lambda: 0) == nil)
    #expect(RidgeRegression.updated(weight, statistics, strength: 0) == weight)
    #expect(WeightRounding(statistics.gram, damping: 0) == nil)
    let rounded = try ProgressiveRounding(statistics.augmentedGram, lambda: 0).rounded(
      weight, bias: bias, quantizers: [Self.quantizer], workers: Self.workers)
    // A dead channel may be among those that are rounded first and need no inverse.
    #expect(rounded.map { $0.weight.elements.allSatisfy(\.isFinite) } ?? true)
    #expect(kind == .deadChannel || rounded == nil)
  }

  @Test(arguments: Inputs.allCases)
  func withItEverythingIsFinite(_ kind: Inputs) throws {
    let statistics = Self.statistics(kind)
    let (weight, bias) = Self.layer()
    func isFinite(_ tensor: Tensor) -> Bool { tensor.elements.allSatisfy(\.isFinite) }
    let updated = try #require(
      ActivationErrorReduction.updated(weight: weight, bias: bias, statistics, lambda: 0.1))
    #expect(isFinite(updated.weight) && isFinite(updated.bias))
    #expect(isFinite(RidgeRegression.updated(weight, statistics, strength: 1)))
    let rounded = try #require(
      try ProgressiveRounding(statistics.augmentedGram, lambda: 0.1).rounded(
        weight, bias: bias, quantizers: [Self.quantizer], workers: Self.workers))
    #expect(isFinite(rounded.weight) && isFinite(rounded.bias))
    // Constant inputs have no variance, so no rounding is better than another.
    guard let rounding = WeightRounding(statistics.gram, damping: 0.1) else {
      #expect(kind == .constant)
      return
    }
    let codes = rounding.rounded(weight, quantizers: [Self.quantizer], workers: Self.workers)
    let isOnGrid = codes.elements.allSatisfy {
      Self.quantizer.value(of: Self.quantizer.code(of: $0)) == $0
    }
    #expect(isOnGrid)
  }
}
