import Testing
import VitqAutodiff
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// The gradient of the whole objective by the pixels, through the model.
struct ObjectiveTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let options: SynthesisOptions
    var movement = Jitter.none
    let isWindowed: Bool

    init(
      _ name: String, _ method: SynthesisMethod = .sardfq, _ movement: Jitter = .none,
      isWindowed: Bool = false, _ change: (inout SynthesisOptions) -> Void = { _ in }
    ) {
      var options = SynthesisOptions(method: method)
      options.attentionPriors.weight = 20
      change(&options)
      (testDescription, self.options, self.movement) = (name, options, movement)
      self.isWindowed = isWindowed
    }
  }

  /// Methods whose terms are smooth; similarity has steep and detached parts, and its own test.
  static let catalogue = [
    Case("all of SARDFQ"),
    Case("moved", .sardfq, Jitter(down: 3, right: 3)),
    Case("reflected", .sardfq, Jitter(down: 1, right: -4, isFlipped: true)),
    Case("without priors", .sardfq, Jitter(down: 5, right: 5)) { $0.attentionPriors.isOn = false },
    Case("Laplace priors without depth") {
      $0.attentionPriors.kind = .laplaceMixture
      $0.attentionPriors.weighsByDepth = false
      $0.attentionPriors.firstBlockShare = 0
    },
    Case("without parts", .sardfq, Jitter(down: -4, right: -4)) {
      $0.semanticReinforcement.isOn = false
    },
    Case("rectangles") {
      $0.semanticReinforcement.maximumParts = 2
      $0.semanticReinforcement.geometry = .rectangles
    },
    Case("one-hot labels") { $0.softLabels.isOn = false },
    Case("total variation made small") { $0.totalVariation = .minimize },
    Case("labels alone") {
      $0.attentionPriors.isOn = false
      $0.semanticReinforcement.isOn = false
      $0.totalVariation = .off
    },
    Case("SMI", .smiDense, Jitter(down: 1, right: 2, isFlipped: true)),
    Case("contrast", .clamp, Jitter(down: 2, right: 2)),
    Case("shifted windows", .sardfq, Jitter(down: 3, right: 3), isWindowed: true) {
      $0.attentionPriors.firstBlockShare = 0
    },
  ]

  private func optimizer(
    _ options: SynthesisOptions, isWindowed: Bool = false
  ) throws -> (ImageOptimizer, ImageObjective, SynthesisSettings) {
    let graph = try isWindowed ? TinyTransformer.swin() : TinyTransformer().graph
    let settings = SynthesisSettings(
      try SynthesisModel(graph), options, preprocessing: TinyTransformer.preprocessing)
    let optimizer = try ImageOptimizer(graph, constants: ConstantPool(graph), settings)
    optimizer.start(image: 0)
    return (optimizer, ImageObjective(settings, image: 0), settings)
  }

  @Test(arguments: catalogue)
  func theGradientIsThatOfTheTotal(_ item: Case) throws {
    let (optimizer, objective, settings) = try optimizer(
      item.options, isWindowed: item.isWindowed)
    func total() throws -> Double {
      try optimizer.differentiate(objective, item.movement).total
    }
    var generator = SplitMix64(seed: 9)
    let direction = generator.floats(settings.model.imageShape.elementCount)
    let start = optimizer.image.array
    func moved(_ distance: Float) throws -> Double {
      optimizer.image.copy(from: zip(start, direction).map { $0 + distance * $1 })
      return try total()
    }
    let difference = (try moved(0x1p-8) - moved(-0x1p-8)) / Double(0x1p-7)
    _ = try moved(0)
    let slope = zip(optimizer.gradient.array, direction).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    #expect(slope != 0)
    #expect(Tolerance.finiteDifference.accepts([Float(slope)], [Float(difference)]))
  }

  /// The gradient of the same network with products of rounded operands points where that of FP32
  /// does: a cosine of 0.99 is what eight bits of each factor leave of it.
  @Test(arguments: [false, true])
  func productsInBF16KeepTheDirection(_ isWindowed: Bool) throws {
    var options = SynthesisOptions()
    options.attentionPriors.weight = 20
    func gradient(_ products: ProductFormat) throws -> [Double] {
      options.products = products
      let (optimizer, objective, _) = try optimizer(options, isWindowed: isWindowed)
      _ = try optimizer.differentiate(objective, .none)
      return optimizer.gradient.array.map(Double.init)
    }
    let (exact, rounded) = (try gradient(.f32), try gradient(.bf16))
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let cosine = dot(exact, rounded) / (dot(exact, exact) * dot(rounded, rounded)).squareRoot()
    #expect(exact != rounded && cosine > 0.99)
  }

  @Test(arguments: [(SynthesisMethod.sardfq, 0.05), (.psaq, 0.05), (.smiDense, 1e-4)])
  func minimisedTotalVariationCountsAsPublished(_ method: SynthesisMethod, _ ofABatch: Double)
    throws
  {
    var options = SynthesisOptions(method: method)
    options.totalVariation = .minimize
    let variation = try #require(try optimizer(options).1.totalVariation)
    #expect(variation.target == 0 && variation.weight == Float(ofABatch * 32.0.squareRoot()))
  }

  @Test func theTotalIsTheWeightedSum() throws {
    var options = SynthesisOptions()
    options.attentionPriors.weight = 20
    let (optimizer, objective, _) = try optimizer(options)
    let losses = try optimizer.differentiate(objective, .none)
    let priors = try #require(losses[.priors])
    let labels = try #require(losses[.labels])
    let parts = try #require(losses[.partLabels])
    let variation = try #require(losses[.totalVariation])
    let expected = 20 * priors + labels + parts + 0.05 * 32.0.squareRoot() * variation
    #expect(Tolerance.rounding.accepts([Float(losses.total)], [Float(expected)]))
    #expect(priors > 0 && parts > 0 && variation > 0 && losses[.similarity] == nil)
  }
}
