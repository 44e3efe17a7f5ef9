import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestModels
import VitqTestSupport

struct RotationTests {
  @Test(arguments: RandomVisionTransformer.all, Rotation.allCases)
  func rotationsKeepTheAnswer(_ model: RandomVisionTransformer, _ rotation: Rotation) throws {
    let graph = try canonical(model)
    let (turned, firings) = try Pipeline(
      Pipeline.rotations(rotation, turnsHeads: true, seed: 3)
    ).run(on: graph)
    // Queries, keys, values and projections of each block.
    #expect(firings[0].count == 4 * model.blocks)
    // A stream that a normalisation writes stays as it is.
    #expect((firings[1].count > 0) != model.normalizesFirst)
    for image in model.images(2, seed: 8) {
      let (found, expected) = try (turned.evaluated(on: image), graph.evaluated(on: image))
      #expect(Tolerance.network.accepts(found[0].elements, expected[0].elements))
    }
    for norm in turned.nodes where norm.operation is LayerNorm && !model.normalizesFirst {
      let gamma = try #require((turned[norm.operands[1]].operation as? Constant)?.value)
      #expect(gamma.elements.allSatisfy { $0 == 1 }, "\(norm.name)")
    }
  }

  @Test func theSameSeedGivesTheSameBytes() throws {
    let graph = try canonical(RandomVisionTransformer("class token"))
    func weights(_ seed: UInt64) throws -> [Tensor] {
      try Pipeline(Pipeline.rotations(.random, turnsHeads: true, seed: seed)).run(on: graph)
        .graph.nodes.compactMap { ($0.operation as? Constant)?.value }
    }
    #expect(try weights(1) == weights(1))
    #expect(try weights(1) != weights(2))
  }

  @Test(arguments: [12, 16, 24, 40, 48, 7])
  func hadamardMatricesSpreadOneChannelOverAll(_ width: Int) throws {
    let graph = try stream(width: width)
    let turned = try RotateResidualStream(.hadamard, seed: 1).run(on: graph)
    let input = Tensor([3, 4], (0..<12).map { Float($0 % 5) - 2 })
    let (found, expected) = try (turned.evaluated(on: input), graph.evaluated(on: input))
    #expect(Tolerance.network.accepts(found[0].elements, expected[0].elements))
  }

  @Test(arguments: [(4, 4), (3, 5)])
  func patchMergingSeesFourTurnedTokens(_ height: Int, _ width: Int) throws {
    let graph = try windows(height: height, width: width, windowSide: 2)
    let hasPadding = (height, width) != (4, 4)
    let (turned, count) = try RotateResidualStream(.random, seed: 1).rewrite(graph)
    // The second stream is read in windows; with padding it stays.
    #expect(turned.nodes.contains { $0.name == "second.rotated_weight" } == !hasPadding)
    #expect(turned.nodes.contains { $0.name == "merge.rotated_weight" })
    #expect(count > 0)
    var generator = SplitMix64(seed: 2)
    let input = Tensor([height * width, 5], generator.floats(height * width * 5))
    let (found, expected) = try (turned.evaluated(on: input), graph.evaluated(on: input))
    #expect(Tolerance.network.accepts(found[0].elements, expected[0].elements))
  }

  @Test func aStreamThatSomethingElseReadsStays() throws {
    let graph = try stream(width: 8, isRead: true)
    let (turned, count) = try RotateResidualStream(.random, seed: 1).rewrite(graph)
    #expect(count == 0)
    #expect(turned.description == graph.description)
  }

  @Test func aNormalisationThatIsAnOutputStays() throws {
    var graph = try stream(width: 8)
    let norm = try #require(graph.ids.first { graph[$0].operation is LayerNorm })
    graph.outputs.append(norm)
    #expect(try RotateResidualStream(.random, seed: 1).rewrite(graph).count == 0)
  }

  @Test(arguments: [
    AttentionModel(form: .fused), AttentionModel(form: .split, returnsProjections: true),
  ])
  func headsThatSomethingElseReadsStay(_ model: AttentionModel) throws {
    let graph = try model.graph()
    let turned = try RotateHeads(seed: 1).run(on: graph)
    #expect(turned.description == graph.description)
  }

  // MARK: Graphs

  private func canonical(_ model: RandomVisionTransformer) throws -> Graph {
    let pipeline = Pipeline.beforeQuantization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    return try pipeline.run(on: model.graph()).graph
  }

  /// Patch merging between two streams; the second is read in shifted windows.
  private func windows(height: Int, width: Int, windowSide: Int) throws -> Graph {
    var generator = SplitMix64(seed: 6)
    var graph = Graph()
    func constant(_ name: String, _ shape: Shape) throws -> NodeID {
      try graph.add(name, Constant(Tensor(shape, generator.floats(shape.elementCount))))
    }
    func linear(_ name: String, _ x: NodeID, _ inputs: Int, _ outputs: Int) throws -> NodeID {
      try graph.add(
        name, Linear(),
        [x, constant("\(name).w", [outputs, inputs]), constant("\(name).b", [outputs])])
    }
    func norm(_ name: String, _ x: NodeID, _ width: Int) throws -> NodeID {
      try graph.add(
        name, LayerNorm(epsilon: 1e-5),
        [x, constant("\(name).g", [width]), constant("\(name).b", [width])])
    }
    let x = try graph.add("x", Input([height * width, 5]))
    let first = try linear("first", x, 5, 6)
    let merged = try graph.add("merged", MergePatches(height: height, width: width), [first])
    let second = try linear("merge", norm("merge.norm", merged, 24), 24, 8)
    let grid = WindowGrid(
      height: (height + 1) / 2, width: (width + 1) / 2, windowHeight: windowSide,
      windowWidth: windowSide, shiftRows: 1, shiftColumns: 1)
    let partition = try graph.add(
      "partition", WindowPartition(grid), [norm("norm", second, 8)])
    let projected = try linear("second", partition, 8, 8)
    let reversed = try graph.add("reverse", WindowReverse(grid), [projected])
    let sum = try graph.add("sum", Add(), [second, reversed])
    graph.outputs = [try linear("out", norm("last", sum, 8), 8, 3)]
    return graph
  }

  /// A layer that writes a stream, a normalisation, and a layer that reads it.
  private func stream(width: Int, isRead: Bool = false) throws -> Graph {
    var generator = SplitMix64(seed: 5)
    var graph = Graph()
    func constant(_ name: String, _ shape: Shape) throws -> NodeID {
      try graph.add(name, Constant(Tensor(shape, generator.floats(shape.elementCount))))
    }
    let x = try graph.add("x", Input([3, 4]))
    let written = try graph.add(
      "in", Linear(), [x, constant("w", [width, 4]), constant("b", [width])])
    let sum = try graph.add("sum", Add(), [written, constant("row", [width])])
    let norm = try graph.add(
      "norm", LayerNorm(epsilon: 1e-6),
      [sum, constant("gamma", [width]), constant("beta", [width])]
    )
    let y = try graph.add(
      "out", Linear(), [norm, constant("v", [5, width]), constant("c", [5])])
    graph.outputs = [y]
    if isRead { graph.outputs.append(try graph.add("gelu", GELU(.erf), [sum])) }
    return graph
  }
}
