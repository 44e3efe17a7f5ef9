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
    var attention: QuantizationRecipe.AttentionCodes

    var description: String { "W\(weights)A\(activations) \(codes) \(attention)" }

    var recipe: QuantizationRecipe {
      var recipe = QuantizationRecipe(weightBits: weights, activationBits: activations)
      recipe.weightCodes = codes
      recipe.attentionCodes = attention
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
  ]

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

  func quantized(
    _ model: RandomVisionTransformer, _ recipe: QuantizationRecipe
  ) throws -> Graph {
    try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(2, seed: 5), recipe: recipe, workers: Workers(count: 1)
    ).graph
  }

  func expectEqual(
    _ graph: Graph, options: LoweringOptions, set: InstructionSet? = nil, threads: Int = 2
  ) throws {
    let lowered = try Lowering.lower(graph, options: options)
    let inputID = try #require(graph.ids.first { graph[$0].operation is Input })
    let shape = graph[inputID].shape
    let logits = graph.outputs[0]
    let stored = lowered.codes.sorted { $0.key.index < $1.key.index }
    // q, k, v and the inputs of proj, fc1 and fc2 at least, in each block.
    #expect(stored.count >= (options.keepsCodes ? 12 : 0))
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph, arithmetic: .integer),
      keeping: [logits] + stored.map(\.key), arithmetic: .integer)
    let model = try Model(lowered.program, constants: lowered.programConstants, instructionSet: set)
    var session = try Session(model, threads: threads)

    var generator = SplitMix64(seed: 3)
    for _ in 0..<2 {
      let image = PixelBuffer(
        width: shape[2], height: shape[1], bytes: generator.integers(shape.elementCount))
      evaluator.input(inputID).copy(from: image.planes)
      evaluator.forward()
      let found = try session.run(image)
      let isFinite = found.allSatisfy { $0.isFinite }
      #expect(isFinite)
      for (id, rows) in stored {
        let value = evaluator.value(id)
        let codes = session.codes(rows, lowered.program)
        #expect(codes == value.codes(rows, lowered.program), "\(graph[id].name)")
      }
      #expect(Tolerance.exact.accepts(found, evaluator.value(logits).tensor.elements))
    }
  }
}

extension LoweredModel {
  fileprivate var programConstants: ProgramConstants {
    var tensors: [String: [UInt8]] = [:]
    for constant in constants {
      switch constant.elements {
      case .bytes(let bytes): tensors[constant.name] = bytes
      case .signedBytes(let bytes):
        tensors[constant.name] = bytes.map { UInt8(bitPattern: $0) }
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
    let first = (rows.rows.lowerBound + rows.shift) * columns
    return Array(bytes(of: rows.buffer)[first..<first + rows.rows.count * columns])
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
