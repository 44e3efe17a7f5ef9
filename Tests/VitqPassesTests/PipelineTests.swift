import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestModels
import VitqTestSupport

struct PipelineTests {
  private let mean: [Float] = [0.5, 0.4, 0.45]
  private let deviation: [Float] = [0.25, 0.5, 0.3]

  @Test func reportsHowOftenEachPassFired() throws {
    let pipeline = Pipeline.beforeQuantization(mean: mean, standardDeviation: deviation)
    let (_, firings) = try pipeline.run(on: RandomVisionTransformer("class token").graph())
    #expect(
      firings.map { "\($0.pass) \($0.count)" } == [
        "fold-constants 0", "distribute-scale 0", "fold-layer-scale 0", "split-qkv 6",
        "drop-key-bias 2",
        "fold-value-bias 4", "fold-normalization 1", "use-polynomial-gelu 2",
        "remove-dead-nodes 0",
      ])
    #expect(firings.allSatisfy { !$0.reason.isEmpty })
  }

  @Test(arguments: RandomVisionTransformer.all)
  func keepsWhatAModelComputes(_ model: RandomVisionTransformer) throws {
    let graph = try model.graph()
    let pipeline = Pipeline.beforeQuantization(mean: mean, standardDeviation: deviation)
    let (prepared, _) = try pipeline.run(on: graph)
    #expect(!prepared.nodes.contains { $0.operation is Multiply })
    #expect(Set(prepared.landmarks.keys) == Set(graph.landmarks.keys))
    try expectSameLogits(prepared, graph, imageShape: model.imageShape)
  }

  /// The prepared graph reads pixels, the other one the normalised image.
  private func expectSameLogits(
    _ prepared: Graph, _ graph: Graph, imageShape: Shape
  ) throws {
    var generator = SplitMix64(seed: 8)
    let pixels = Tensor(
      imageShape, generator.floats(imageShape.elementCount).map { ($0 + 1) / 2 })
    let perChannel = imageShape[1] * imageShape[2]
    let normalized = Tensor(
      pixels.shape,
      pixels.elements.enumerated().map { i, x in
        (x - mean[i / perChannel]) / deviation[i / perChannel]
      })
    let found = try prepared.evaluated(on: pixels)[0].elements
    let expected = try graph.evaluated(on: normalized)[0].elements
    #expect(Tolerance.polynomialGELU.accepts(found, expected))
  }

  @Test(arguments: RandomSwinTransformer.all)
  func keepsWhatASwinComputes(_ model: RandomSwinTransformer) throws {
    let graph = try model.graph()
    let pipeline = Pipeline.beforeQuantization(mean: mean, standardDeviation: deviation)
    let (prepared, firings) = try pipeline.run(on: graph)
    let blocks = model.depths.reduce(0, +)
    let counts = Dictionary(uniqueKeysWithValues: firings.map { ($0.pass, $0.count) })
    #expect(counts["split-qkv"] == 3 * blocks)
    #expect(counts["drop-key-bias"] == blocks)
    #expect(counts["fold-value-bias"] == 2 * blocks)
    #expect(counts["fold-normalization"] == 1)
    #expect(Set(prepared.landmarks.keys) == Set(graph.landmarks.keys))
    try expectSameLogits(prepared, graph, imageShape: model.imageShape)
  }

  @Test func removesDeadNodesAndTheirLandmarks() throws {
    var graph = Graph()
    let x = try graph.add("x", Input([1, 2]))
    let unused = try graph.add("unused", Input([3]))
    let y = try graph.add("y", GELU(.erf), [x])
    let dead = try graph.add("dead", GELU(.erf), [y])
    graph.landmarks = [.features: dead, .logits: y]
    graph.outputs = [y]
    let live = try RemoveDeadNodes().run(on: graph)
    #expect(live.nodes.map(\.name) == ["x", "unused", "y"])
    #expect(live.landmarks == [.logits: NodeID(index: 2)])
    #expect(unused.index == 1)
  }
}
