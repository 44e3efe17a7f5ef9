import Testing
import VitqAutodiff
import VitqGraph
import VitqKit
import VitqOps
import VitqQuantization
import VitqSynthesis
import VitqTensor
import VitqTestModels

/// What the estimate of a run's memory is made of.
struct MemoryDemandTests {
  private static let float = MemoryLayout<Float>.stride

  private func recipe(
    _ learner: Learner, images: Int = 8, method: SynthesisMethod = .noise
  ) -> RunRecipe {
    var options = SynthesisOptions(method: method)
    options.imageCount = images
    return RunRecipe(
      images: .synthesis(options),
      quantization: QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4))
  }

  private func demand(_ recipe: RunRecipe, _ graph: Graph, threads: Int = 2) -> MemoryDemand {
    MemoryDemand(of: recipe, on: graph, workers: Workers(count: threads))
  }

  private func parameterByteCount(_ graph: Graph) -> Int {
    graph.nodes.filter { $0.operation is Constant }
      .reduce(0) { $0 + $1.shape.elementCount * Self.float }
  }

  @Test(arguments: RandomVisionTransformer.all)
  func everyModelHasAnEstimate(_ model: RandomVisionTransformer) throws {
    try expectEstimates(try model.graph())
  }

  @Test(arguments: RandomSwinTransformer.all)
  func everyModelOfWindowsHasAnEstimate(_ model: RandomSwinTransformer) throws {
    try expectEstimates(try model.graph())
  }

  private func expectEstimates(_ graph: Graph) throws {
    for learner in Learner.allCases {
      let few = try demand(recipe(learner, images: 8), graph).quantization()
      let many = try demand(recipe(learner, images: 4096), graph).quantization()
      let input = try #require(graph.nodes.first { $0.operation is Input })
      #expect(few > 3 * parameterByteCount(graph))
      // At least the images, normalised and as pixels.
      #expect(many - few > 4088 * 2 * input.shape.elementCount * Self.float)
    }
  }

  /// Beside calibration, each learner has its own.
  @Test func learnersAddWhatTheyHold() throws {
    let model = RandomVisionTransformer("class token")
    let graph = try model.graph()
    func bytes(_ learner: Learner, images: Int = 8) throws -> Int {
      try demand(recipe(learner, images: images), graph).quantization()
    }
    let widest = try #require(
      graph.nodes.filter { $0.operation is Linear }
        .map { graph[$0.operands[1]].shape.width }.max())
    // Two sums in single precision for each of 8 groups of images, and in double precision.
    let products = widest * widest * (8 * 2 * 4 + 2 * 8)
    #expect(try bytes(.gptq) > bytes(.repq) + products)
    #expect(try bytes(.best) == bytes(.gptq))
    #expect(try bytes(.erq) > bytes(.gptq))
    // What each part gives is kept of each image.
    let blocks = (0..<2).compactMap { graph.landmarks[.blockOutput(block: $0)] }
    let targets = blocks.reduce(0) { $0 + graph[$1].shape.elementCount } * Self.float
    let perImage = try (bytes(.sardfq, images: 4096) - bytes(.sardfq, images: 8)) / 4088
    let calibrated = try (bytes(.repq, images: 4096) - bytes(.repq, images: 8)) / 4088
    #expect(perImage > calibrated + targets)
  }

  /// A part of the images takes less, and images that are there take nothing.
  @Test func imagesThatAreNotMadeTakeNoMemory() throws {
    let graph = try RandomVisionTransformer("class token").graph()
    let demand = demand(recipe(.repq, images: 64, method: .psaq), graph)
    let input = try #require(graph.nodes.first { $0.operation is Input })
    let image = input.shape.elementCount * Self.float
    #expect(try demand.synthesis() == demand.synthesis(images: 64))
    #expect(try demand.synthesis() - demand.synthesis(images: 24) == 40 * 2 * image)
    #expect(try demand.synthesis(images: 0) == 0)
  }

  /// Weights with both moments of two cycles, and gradients for each group of images.
  @Test func theGameHoldsTheStudent() throws {
    let graph = try RandomVisionTransformer("class token").graph()
    let learned = graph.nodes.filter { $0.operation is Linear }
      .reduce(0) { $0 + graph[$1.operands[1]].shape.elementCount * Self.float }
    let psaq = try demand(recipe(.repq, method: .psaq), graph).synthesis()
    let one = try demand(recipe(.repq, method: .psaqV2), graph, threads: 1).synthesis()
    let two = try demand(recipe(.repq, method: .psaqV2), graph, threads: 2).synthesis()
    #expect(two > psaq + (6 + 4) * learned)
    #expect(two - one > learned)
  }
}
