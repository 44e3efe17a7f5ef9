import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqLowering
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels

struct SwinLoweringTests {
  /// Stage 1 has sixteen windows: each thread computes whole blocks of its own.
  @Test func aBlockOfManyWindowsHasNoBarrierInside() throws {
    let program = try Lowering.lower(quantized("whole windows")).program
    let barriers = program.instructions.indices.filter { program.instructions[$0] == .barrier }
    let blocks = program.blocks
    try #require(blocks.count == 4)
    for block in blocks[0...1] {
      #expect(barriers.contains(block.lowerBound - 1))
      #expect(!barriers.contains { block.contains($0) })
    }
    // Stage 2 has four: threads share them, and wait for the keys of one another.
    for block in blocks[2...3] {
      let inside = barriers.filter { block.contains($0) }
      #expect(inside.count == 1)
      guard case .attention = program.instructions[(inside.first ?? 0) + 1] else {
        Issue.record("no attention behind the barrier")
        continue
      }
    }
  }

  /// Both halves of a block are computed in window order, unless that means work on padding.
  @Test(arguments: [("whole windows", 2), ("padding", 1)])
  func paddingIsComputedForAttentionAlone(_ name: String, _ halves: Int) throws {
    let program = try Lowering.lower(quantized(name)).program
    let scatters = program.instructions[program.blocks[0]].count {
      if case .scatterLinear = $0 { true } else { false }
    }
    #expect(scatters == halves)
  }

  @Test func biasesAreTablesAndMasksAreRegions() throws {
    let lowered = try Lowering.lower(quantized("whole windows"))
    let shapes = Dictionary(uniqueKeysWithValues: lowered.constants.map { ($0.name, $0.shape) })
    #expect(shapes["layers.0.blocks.0.attn.biased.table"] == [3, 7, 7])
    #expect(shapes["layers.0.blocks.0.attn.biased.regions"] == nil)
    #expect(shapes["layers.0.blocks.1.attn.biased.regions"] == [16, 16])
  }

  @Test func refusesABiasThatIsNoFunctionOfOffsets() throws {
    let graph = try changing("layers.0.blocks.0.attn.relative_position_bias", at: 5)
    #expect(throws: LoweringError.unsupportedBias(node: "layers.0.blocks.0.attn.biased")) {
      try Lowering.lower(graph)
    }
  }

  @Test func refusesAMaskWithoutRegions() throws {
    let graph = try changing("layers.0.blocks.1.attn_mask", at: 1)
    #expect(throws: LoweringError.unsupportedMask(node: "layers.0.blocks.1.attn.biased")) {
      try Lowering.lower(graph)
    }
  }

  @Test func messagesSayWhatIsExpected() {
    #expect(
      LoweringError.unsupportedBias(node: "a").description
        == "node 'a': unsupported bias: expected one value for each offset between two tokens")
    #expect(
      LoweringError.unsupportedMask(node: "a").description
        == "node 'a': unsupported mask: expected 0 within regions of a window, and one value "
        + "between them")
  }

  // MARK: Models

  private func quantized(_ name: String) throws -> Graph {
    let model = try #require(RandomSwinTransformer.all.first { $0.description == name })
    return try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(1, seed: 5),
      recipe: QuantizationRecipe(weightBits: 4, activationBits: 4), workers: Workers(count: 1)
    ).graph
  }

  /// A quantized model with one element of a constant changed.
  private func changing(_ name: String, at index: Int) throws -> Graph {
    let source = try quantized("whole windows")
    var graph = Graph()
    for node in source.nodes {
      var operation = node.operation
      if node.name == name, let constant = operation as? Constant {
        var elements = constant.value.elements
        elements[index] += 1
        operation = Constant(Tensor(constant.value.shape, elements))
      }
      try graph.add(node.name, operation, node.operands)
    }
    graph.outputs = source.outputs
    return graph
  }
}

extension Program {
  /// The instructions of each block, from its first normalisation to its last layer.
  fileprivate var blocks: [Range<Int>] {
    let starts = instructions.indices.filter { index in
      guard case .gatherNorm(let norm) = instructions[index], case .windows = norm.gather else {
        return false
      }
      return norm.gamma.name.contains("norm1")
    }
    return starts.map { start in
      let ends = instructions[start...].indices.filter { index in
        switch instructions[index] {
        case .scatterLinear(let linear): linear.weights.panels.name.contains("fc2")
        case .linear(_, _, let weights, _, _, _): weights.panels.name.contains("fc2")
        default: false
        }
      }
      return start..<(ends.first ?? start) + 1
    }
  }
}
