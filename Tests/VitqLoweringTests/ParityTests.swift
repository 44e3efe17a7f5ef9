import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqImage
import VitqLowering
import VitqOps
import VitqQuantization
import VitqRuntime
import VitqTensor
import VitqTestModels
import VitqTestSupport

/// A quantized graph run by the evaluator against its program run by the runtime: the same bits.
struct ParityTests {
  struct Bits: Sendable, CustomStringConvertible {
    var weights: Int
    var activations: Int
    var codes: QuantizationRecipe.WeightCodes
    var attention: QuantizationRecipe.ActivationCodes
    var scales = QuantizationRecipe.ActivationScales.static

    var description: String {
      "W\(weights)A\(activations) \(codes) \(attention) \(scales.rawValue)"
    }

    var recipe: QuantizationRecipe {
      var recipe = QuantizationRecipe(weightBits: weights, activationBits: activations)
      recipe.weightCodes = codes
      recipe.attentionCodes = attention
      recipe.activationScales = scales
      return recipe
    }
  }

  static let bits = [
    Bits(weights: 4, activations: 4, codes: .asymmetric, attention: .log2),
    Bits(weights: 4, activations: 4, codes: .symmetric, attention: .logSqrt2),
    Bits(weights: 4, activations: 8, codes: .asymmetric, attention: .uniform),
    Bits(weights: 8, activations: 8, codes: .symmetric, attention: .uniform),
    Bits(weights: 8, activations: 8, codes: .asymmetric, attention: .uniform),
    Bits(weights: 6, activations: 6, codes: .asymmetric, attention: .uniform),
    Bits(weights: 3, activations: 5, codes: .symmetric, attention: .log2),
    Bits(weights: 4, activations: 4, codes: .asymmetric, attention: .codebook),
    Bits(weights: 4, activations: 4, codes: .asymmetric, attention: .adalog),
    Bits(weights: 6, activations: 6, codes: .asymmetric, attention: .codebook),
    Bits(weights: 4, activations: 3, codes: .asymmetric, attention: .codebook),
    Bits(weights: 5, activations: 6, codes: .symmetric, attention: .logSqrt2),
    Bits(weights: 4, activations: 7, codes: .asymmetric, attention: .adalog),
    Bits(weights: 4, activations: 8, codes: .asymmetric, attention: .codebook),
  ]

  static let tokenScales = [
    Bits(weights: 4, activations: 4, codes: .asymmetric, attention: .log2, scales: .perToken),
    Bits(weights: 8, activations: 8, codes: .asymmetric, attention: .uniform, scales: .perToken),
    Bits(weights: 3, activations: 6, codes: .symmetric, attention: .codebook, scales: .perToken),
  ]

  @Test(arguments: RandomVisionTransformer.all, tokenScales)
  func programWithScalesOfEachTokenEqualsGraph(
    _ model: RandomVisionTransformer, _ bits: Bits
  ) throws {
    let graph = try quantized(model, bits.recipe)
    #expect(graph.nodes.contains { $0.operation is FakeQuantizeRows })
    try expectEqual(graph, options: LoweringOptions(keepsCodes: true))
    let shares = InstructionSet.available.flatMap { set in
      (1...3).map { Share(threads: $0, instructionSet: set) }
    }
    try expectEqual(graph, options: LoweringOptions(), shares: shares)
    try expectEqual(graph, options: LoweringOptions(computesAllRows: true, keepsCodes: true))
  }

  @Test(arguments: Learner.allCases)
  func programOfEveryLearnerWithScalesOfEachTokenEqualsGraph(_ learner: Learner) throws {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    recipe.activationScales = .perToken
    recipe.iterations = 2
    try expectEqual(
      try quantized(RandomVisionTransformer("class token"), recipe),
      options: LoweringOptions(keepsCodes: true))
  }

  /// Equal steps after GELU too.
  @Test(arguments: Learner.allCases, [3, 4])
  func programOfEveryLearnerWithTabulatedGELUEqualsGraph(
    _ learner: Learner, _ bits: Int
  ) throws {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: bits)
    recipe.geluCodes = .uniform
    recipe.tabulatesGELU = true
    recipe.iterations = 2
    let graph = try quantized(RandomVisionTransformer("class token"), recipe)
    try expectEqual(graph, options: LoweringOptions(keepsCodes: true))
    let tableCount = try Lowering.lower(graph).program.instructions.count {
      if case .lookUp = $0 { true } else { false }
    }
    #expect(tableCount == 2)
  }

  @Test(arguments: RandomVisionTransformer.all, bits)
  func programEqualsGraph(_ model: RandomVisionTransformer, _ bits: Bits) throws {
    let graph = try quantized(model, bits.recipe)
    try expectEqual(graph, options: LoweringOptions(keepsCodes: true))
  }

  @Test(arguments: RandomVisionTransformer.all)
  func programsThatComputeAllRowsOrShareMemoryEqualTheGraph(
    _ model: RandomVisionTransformer
  ) throws {
    let recipe = QuantizationRecipe(weightBits: 4, activationBits: 4)
    let graph = try quantized(model, recipe)
    try expectEqual(graph, options: LoweringOptions())
    try expectEqual(graph, options: LoweringOptions(computesAllRows: true, keepsCodes: true))
  }

  static let swinBits = [bits[0], bits[1], bits[2], bits[4]] + tokenScales

  @Test(arguments: RandomSwinTransformer.all, swinBits)
  func swinProgramEqualsGraph(_ model: RandomSwinTransformer, _ bits: Bits) throws {
    let graph = try quantized(model, bits.recipe)
    try expectEqual(graph, options: LoweringOptions(keepsCodes: true))
    let shares = InstructionSet.available.flatMap { set in
      (1...3).map { Share(threads: $0, instructionSet: set) }
    }
    try expectEqual(graph, options: LoweringOptions(), shares: shares)
  }

  func quantized(
    _ model: RandomSwinTransformer, _ recipe: QuantizationRecipe
  ) throws -> Graph {
    try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(1, seed: 5), recipe: recipe, workers: Workers(count: 1)
    ).graph
  }

  func quantized(
    _ model: RandomVisionTransformer, _ recipe: QuantizationRecipe
  ) throws -> Graph {
    try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(2, seed: 5), recipe: recipe, workers: Workers(count: 1)
    ).graph
  }

  /// How a program is run.
  struct Share {
    var threads = 2
    var instructionSet: InstructionSet?
  }

  func expectEqual(
    _ graph: Graph, options: LoweringOptions, shares: [Share] = [Share()]
  ) throws {
    let lowered = try Lowering.lower(graph, options: options)
    let inputID = try #require(graph.ids.first { graph[$0].operation is Input })
    let shape = graph[inputID].shape
    let logits = graph.outputs[0]
    let stored = lowered.codes.sorted { $0.key.index < $1.key.index }
    // q, k, v and the inputs of proj, fc1 and fc2 at least, in each block.
    #expect(stored.count >= (options.keepsCodes ? 12 : 0))
    let blocks = (0..<graph.nodes.count).compactMap {
      graph.landmarks[.blockOutput(block: $0)]
    }
    #expect(blocks.count >= 2)
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph, arithmetic: .integer),
      keeping: [logits] + stored.map(\.key) + blocks, arithmetic: .integer)
    var generator = SplitMix64(seed: 3)
    let images = (0..<2).map { _ in
      PixelBuffer(
        width: shape[2], height: shape[1], bytes: generator.integers(shape.elementCount))
    }
    let expected = images.map { image in
      evaluator.input(inputID).copy(from: image.planes)
      evaluator.forward()
      return (
        logits: evaluator.value(logits).tensor.elements,
        codes: stored.map { id, rows in evaluator.value(id).codes(rows, lowered.program) },
        blocks: blocks.map { evaluator.value($0).tensor.elements }
      )
    }
    for share in shares {
      let model = try Model(
        lowered.program, constants: lowered.programConstants,
        instructionSet: share.instructionSet)
      var session = try Session(model, threads: share.threads)
      for (image, expected) in zip(images, expected) {
        let found = try session.run(image)
        let isFinite = found.allSatisfy { $0.isFinite }
        #expect(isFinite)
        for (index, (id, rows)) in stored.enumerated() {
          let codes = session.codes(rows, lowered.program)
          #expect(codes == expected.codes[index], "\(graph[id].name)")
        }
        #expect(Tolerance.exact.accepts(found, expected.logits))
        #expect(model.blockCount == blocks.count)
        let tokens = try session.tokens(ofCrop: image, after: Array(0..<model.blockCount))
        for (found, expected) in zip(tokens, expected.blocks) {
          let values = found.tokens.flatMap { $0 }
          let (computed, count, width) = model.tokens(ofBlock: found.block)
          // The last block may compute some tokens only.
          #expect(computed.count == count || found.block == model.blockCount - 1)
          #expect(expected.count == count * width)
          #expect(
            Tolerance.exact.accepts(
              values, Array(expected[computed.lowerBound * width..<computed.upperBound * width])),
            "block \(found.block)")
        }
      }
    }
  }
}

extension LoweredModel {
  var programConstants: ProgramConstants {
    var tensors: [String: [UInt8]] = [:]
    for constant in constants {
      switch constant.elements {
      case .bytes(let bytes): tensors[constant.name] = bytes
      case .signedBytes(let bytes):
        tensors[constant.name] = bytes.map { UInt8(bitPattern: $0) }
      case .bfloat16(let halves):
        tensors[constant.name] = halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      case .floats(let floats):
        tensors[constant.name] = floats.flatMap { x in
          let bits = x.bitPattern
          return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
        }
      }
    }
    return ProgramConstants(tensors)
  }
}

extension Session {
  /// The bytes of the rows of a value.
  fileprivate borrowing func codes(_ rows: StoredRows, _ program: Program) -> [UInt8] {
    let columns = program.buffers[rows.buffer.index].columns
    let stored = bytes(of: rows.buffer)
    if let order = rows.order {
      var codes = [UInt8](repeating: 0, count: order.tokenCount * columns)
      for (row, token) in order.tokens.enumerated() where token >= 0 {
        for i in 0..<columns { codes[Int(token) * columns + i] = stored[row * columns + i] }
      }
      return Array(codes[rows.rows.lowerBound * columns..<rows.rows.upperBound * columns])
    }
    let first = (rows.rows.lowerBound + rows.shift) * columns
    return Array(stored[first..<first + rows.rows.count * columns])
  }
}

extension TensorView {
  /// The bytes that the runtime stores for rows of this value.
  fileprivate func codes(_ rows: StoredRows, _ program: Program) -> [UInt8] {
    let isCentred = program.buffers[rows.buffer.index].type == .s8
    var zeroPoint = 0
    if isCentred, case .integer(_, let zeroPoints) = encoding { zeroPoint = Int(zeroPoints[0]) }
    let range = rows.rows.lowerBound * shape.width..<rows.rows.upperBound * shape.width
    return range.map { UInt8(truncatingIfNeeded: Int(self[$0]) - zeroPoint) }
  }
}
