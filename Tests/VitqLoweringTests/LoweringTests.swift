import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqLowering
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels

struct LoweringTests {
  @Test func aBlockHasOneBarrier() throws {
    let program = try Lowering.lower(quantized("class token")).program
    // One between patches and embedding, whose rows differ by the class token, and two blocks.
    #expect(program.instructions.count { $0 == .barrier } == 3)
    for (index, instruction) in program.instructions.enumerated() {
      guard case .attention = instruction else { continue }
      #expect(program.instructions[index - 1] == .barrier)
    }
  }

  @Test func keysAndValuesAlternateBetweenTwoBuffers() throws {
    let program = try Lowering.lower(quantized("no bias, odd widths")).program
    let attentions = program.instructions.compactMap { instruction in
      if case .attention(let attention) = instruction { attention } else { nil }
    }
    try #require(attentions.count == 3)
    #expect(attentions[0].keys != attentions[1].keys)
    #expect(attentions[0].values != attentions[1].values)
    #expect(Set([attentions[0].keys, attentions[0].values]).contains(attentions[2].keys))
    #expect(program.buffers.count { $0.type == .s8 } == 4)
  }

  @Test func theLastBlockComputesTheClassTokenAlone() throws {
    let graph = try quantized("class token")
    func attentionRows(_ options: LoweringOptions) throws -> [Range<Int>] {
      try Lowering.lower(graph, options: options).program.instructions.compactMap {
        if case .attention(let attention) = $0 { attention.rows } else { nil }
      }
    }
    #expect(try attentionRows(LoweringOptions()) == [0..<17, 0..<1])
    #expect(try attentionRows(LoweringOptions(computesAllRows: true)) == [0..<17, 0..<17])
  }

  @Test(arguments: [
    ("class token", ["%1[0..<1] f32", "%1[1..<17] bf16"]),
    (
      "registers, patch-only positions",
      ["%1[0..<1] f32", "%1[1..<2] f32", "%1[2..<3] f32", "%1[3..<19] bf16"]
    ),
  ])
  func positionsAreNarrowUnlessThePrefixIsAddedToThem(
    _ model: String, _ expected: [String]
  ) throws {
    let program = try Lowering.lower(quantized(model)).program
    let fills = program.instructions.compactMap { instruction in
      if case .fill(_, let type, let first, let rows, let target) = instruction {
        "\(target)[\(first)..<\(first + rows)] \(type)"
      } else {
        nil
      }
    }
    #expect(fills == expected)
  }

  @Test func symmetricWeightsHaveNoZeroPoints() throws {
    func zeroPoints(_ codes: QuantizationRecipe.WeightCodes) throws -> [Bool] {
      var recipe = QuantizationRecipe(learner: .gptq, weightBits: 4, activationBits: 4)
      recipe.weightCodes = codes
      return try Lowering.lower(quantized("class token", recipe)).program.instructions
        .compactMap {
          if case .linear(_, _, let weights, _, _, _) = $0 {
            weights.zeroPoints != nil
          } else {
            nil
          }
        }
    }
    #expect(try zeroPoints(.symmetric).allSatisfy { !$0 })
    #expect(try zeroPoints(.asymmetric).allSatisfy { $0 })
  }

  // MARK: Refusals

  @Test func refusesAFullPrecisionModel() throws {
    let graph = try RandomVisionTransformer("class token").graph()
    #expect(throws: LoweringError.noInstruction(node: "patches", mnemonic: "image_patches")) {
      try Lowering.lower(graph)
    }
  }

  @Test func refusesAGraphWithTwoOutputs() throws {
    var graph = try quantized("class token")
    graph.outputs.append(graph.outputs[0])
    #expect(throws: LoweringError.unsupportedInterface(inputs: 1, outputs: 2)) {
      try Lowering.lower(graph)
    }
  }

  @Test func refusesAnotherQuantizerOfTheImage() throws {
    let graph = try replacing { node in
      guard node.name == "image.quantized" else { return nil }
      return FakeQuantize([
        UniformQuantizer(step: 0.1, zeroPoint: 0, minimumCode: 0, maximumCode: 255)
      ])
    }
    #expect(throws: LoweringError.unsupportedImageQuantizer(node: "image.quantized")) {
      try Lowering.lower(graph)
    }
  }

  @Test func refusesCodesThatDoNotFitAByte() throws {
    let graph = try replacing { node in
      guard node.name == "blocks.0.norm1.quantized" else { return nil }
      return FakeQuantize([
        UniformQuantizer(step: 0.1, zeroPoint: 0, minimumCode: 0, maximumCode: 511)
      ])
    }
    #expect(
      throws: LoweringError.unsupportedCodes(
        node: "blocks.0.norm1.quantized", expected: 0...255, found: 0...511)
    ) { try Lowering.lower(graph) }
  }

  @Test func refusesKeysThatDoNotFitASignedByte() throws {
    let graph = try replacing { node in
      guard node.name == "blocks.0.attn.qkv.key.quantized" else { return nil }
      return FakeQuantize([
        UniformQuantizer(step: 0.1, zeroPoint: 9, minimumCode: 0, maximumCode: 255)
      ])
    }
    #expect(
      throws: LoweringError.unsupportedCodes(
        node: "blocks.0.attn.qkv.key.quantized", expected: -128...127, found: -9...246)
    ) { try Lowering.lower(graph) }
  }

  @Test func refusesGELUInAnotherForm() throws {
    let graph = try replacing { $0.operation is GELU ? GELU(.erf) : nil }
    #expect(
      throws: LoweringError.notInMemory(
        node: "blocks.0.mlp.act", mnemonic: "gelu", reader: "blocks.0.mlp.act.quantized")
    ) { try Lowering.lower(graph) }
  }

  @Test func messagesNameTheNode() {
    #expect(
      LoweringError.noInstruction(node: "a", mnemonic: "gelu").description
        == "node 'a' (gelu): no instruction of the runtime computes it from its operands")
    #expect(
      LoweringError.overwritten(node: "a", reader: "b").description
        == "node 'a': overwritten by a sum before node 'b' reads it")
    #expect(
      LoweringError.notQuantized(node: "a", operand: 1).description
        == "node 'a': operand 1: expected a quantized constant")
  }

  // MARK: Models

  private func quantized(
    _ name: String,
    _ recipe: QuantizationRecipe = QuantizationRecipe(
      learner: .gptq, weightBits: 4, activationBits: 4)
  ) throws -> Graph {
    let model = try #require(RandomVisionTransformer.all.first { $0.description == name })
    return try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(1, seed: 5), recipe: recipe, workers: Workers(count: 1)
    ).graph
  }

  /// A quantized model with some operations replaced.
  private func replacing(
    _ replacement: (Node) -> (any Operation)?
  ) throws -> Graph {
    let source = try quantized("class token")
    var graph = Graph()
    for node in source.nodes {
      try graph.add(node.name, replacement(node) ?? node.operation, node.operands)
    }
    graph.outputs = source.outputs
    graph.landmarks = source.landmarks
    return graph
  }
}
