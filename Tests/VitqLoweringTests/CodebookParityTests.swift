import Testing
import VitqFormat
import VitqGraph
import VitqLowering
import VitqOps
import VitqQuantization
import VitqRuntime
import VitqTestModels
import VitqTestSupport

/// Graphs with codebooks and attention tables against their programs: the same bits.
struct CodebookParityTests {
  /// Which quantizers are replaced.
  enum Place: CaseIterable {
    case hiddenLayer
    case attention
    case everywhere
  }

  @Test(arguments: RandomVisionTransformer.all, Place.allCases)
  func programEqualsGraph(_ model: RandomVisionTransformer, _ place: Place) throws {
    let graph = try withCodebooks(model, place, levelCount: 16)
    try ParityTests().expectEqual(graph, options: LoweringOptions(keepsCodes: true))
    try ParityTests().expectEqual(graph, options: LoweringOptions())
  }

  @Test(arguments: InstructionSet.available, [2, 16, 17, 64, 256])
  func everyInstructionSetAndThreadCountEqualsTheGraph(
    _ set: InstructionSet, _ levelCount: Int
  ) throws {
    let graph = try withCodebooks(
      RandomVisionTransformer("class token"), .everywhere, levelCount: levelCount)
    try ParityTests().expectEqual(
      graph, options: LoweringOptions(keepsCodes: true),
      shares: (1...3).map { ParityTests.Share(threads: $0, instructionSet: set) })
  }

  @Test func aCodebookStandsBehindItsGrid() throws {
    let graph = try withCodebooks(
      RandomVisionTransformer("class token"), .hiddenLayer, levelCount: 16)
    let program = try Lowering.lower(graph).program
    var count = 0
    for (index, instruction) in program.instructions.enumerated() {
      guard case .codebook(let target, let rows, let levels) = instruction else { continue }
      guard
        case .linear(_, let linearRows, _, .geluQuantize(let grid), let linearTarget, 0) =
          program.instructions[index - 1]
      else {
        Issue.record("\(program.instructions[index - 1]) before a codebook")
        continue
      }
      #expect(target == linearTarget && rows == linearRows)
      #expect(grid.minimumCode...grid.maximumCode == Int(levels[0])...Int(levels[15]))
      count += 1
    }
    #expect(count == 2)
  }

  /// What a layer stores for GELU becomes what GELU's quantizer gives for it.
  @Test(arguments: [3, 4])
  func aTableStandsBehindTheLayerThatGELUReads(_ bits: Int) throws {
    let graph = try ParityTests().quantized(
      RandomVisionTransformer("class token"),
      QuantizationRecipe(weightBits: 4, activationBits: bits))
    let program = try Lowering.lower(graph).program
    var count = 0
    for (index, instruction) in program.instructions.enumerated() {
      guard case .lookUp(let target, let rows, let table) = instruction else { continue }
      guard
        case .linear(_, let linearRows, _, .quantize(let read), let linearTarget, 0) =
          program.instructions[index - 1]
      else {
        Issue.record("\(program.instructions[index - 1]) before a table")
        continue
      }
      #expect(target == linearTarget && rows == linearRows)
      let quantizer = try #require(
        graph.nodes.first { $0.name == "blocks.\(count).mlp.act.quantized" }?.operation
          as? FakeQuantizeCodebook
      ).quantizer
      #expect(Set(table).isSubset(of: quantizer.levels) && Set(table).count > 1 << bits - 1)
      for (code, found) in table.enumerated() {
        let gelu = GELU(.erf).values(of: [read.value(of: code)])[0]
        let place = min(max(gelu / quantizer.step + Float(quantizer.zeroPoint), 0), 255)
        let nearest = quantizer.levels.map { abs(Float($0) - place) }.min() ?? 0
        // A level is chosen by a rounded code of the grid.
        #expect(abs(Float(found) - place) <= nearest + 1.02)
      }
      count += 1
    }
    #expect(count == 2)
    #expect(
      !program.instructions.contains {
        if case .linear(_, _, _, .geluQuantize, _, _) = $0 { true } else { false }
      })
  }

  /// With more bits a table of 256 would be too coarse.
  @Test func geluOfSixBitsIsComputed() throws {
    let graph = try ParityTests().quantized(
      RandomVisionTransformer("class token"), QuantizationRecipe(weightBits: 6, activationBits: 6))
    let program = try Lowering.lower(graph).program
    let geluCount = program.instructions.count {
      if case .linear(_, _, _, .geluQuantize, _, _) = $0 { true } else { false }
    }
    #expect(geluCount == 2)
  }

  @Test func refusesCodebooksOfKeys() throws {
    let graph = try replacing(in: RandomVisionTransformer("class token")) { node, _, _ in
      node.name == "blocks.0.attn.qkv.key.quantized"
        ? FakeQuantizeCodebook(CodebookQuantizer(step: 0.1, zeroPoint: 9, levels: [3, 17])) : nil
    }
    #expect(
      throws: LoweringError.noInstruction(
        node: "blocks.0.attn.qkv.key.quantized", mnemonic: "fake_quantize_codebook")
    ) { try Lowering.lower(graph) }
  }

  // MARK: Graphs

  /// A quantized graph with some quantizers replaced by random ones of about the same range.
  private func withCodebooks(
    _ model: RandomVisionTransformer, _ place: Place, levelCount: Int
  ) throws -> Graph {
    var generator = SplitMix64(seed: UInt64(levelCount))
    return try replacing(in: model) { node, operand, graph in
      if place != .hiddenLayer, node.operation is FakeQuantizeLog {
        func some() -> [Int] {
          (1...255).shuffled(using: &generator).prefix(levelCount - 1).sorted()
        }
        return FakeQuantizeAttentionTable(
          AttentionTableQuantizer(
            stepsPerOctave: 16, offset: 0, levels: some().reversed().map { UInt16(128 * $0) } + [0],
            thresholds: some().map { UInt8($0) }))
      }
      guard let quantize = node.operation as? FakeQuantize, quantize.quantizers.count == 1,
        !node.name.contains("key"), !node.name.contains("value")
      else { return nil }
      switch operand.operation {
      case is Constant, is Input: return nil
      case is GELU: guard place != .attention else { return nil }
      default: guard place == .everywhere else { return nil }
      }
      let uniform = quantize.quantizers[0]
      let codes = (0...255).shuffled(using: &generator).prefix(levelCount).sorted()
      return FakeQuantizeCodebook(
        CodebookQuantizer(
          step: uniform.step * Float(uniform.maximumCode) / 255,
          zeroPoint: uniform.zeroPoint * 255 / uniform.maximumCode,
          levels: codes.map { UInt8($0) }))
    }
  }

  private func replacing(
    in model: RandomVisionTransformer,
    _ replacement: (Node, _ operand: Node, Graph) -> (any Operation)?
  ) throws -> Graph {
    let recipe = QuantizationRecipe(learner: .gptq, weightBits: 4, activationBits: 4)
    let source = try ParityTests().quantized(model, recipe)
    var graph = Graph()
    for node in source.nodes {
      let operation = node.operands.first.flatMap { replacement(node, source[$0], source) }
      try graph.add(node.name, operation ?? node.operation, node.operands)
    }
    graph.outputs = source.outputs
    graph.landmarks = source.landmarks
    return graph
  }
}
