import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels
import VitqTestSupport

struct QuantizerTests {
  private static let mean: [Float] = [0.5, 0.4, 0.45]
  private static let deviation: [Float] = [0.25, 0.5, 0.3]

  @Test func insertsAQuantizerAtEveryMatrixProduct() throws {
    let quantized = try quantize(QuantizationRecipe(weightBits: 4, activationBits: 4))
    let roles = Dictionary(grouping: quantized.entries, by: \.role).mapValues(\.count)
    // Two blocks of q, k, v, proj, fc1, fc2; the embedding and the classifier.
    #expect(roles[.weight] == 14)
    // Inputs: of q, k and v together, proj, fc1, fc2, twice; of the classifier.
    #expect(roles[.activation] == 9)
    #expect(roles[.image] == 1)
    #expect(roles[.query] == 2 && roles[.key] == 2 && roles[.value] == 2)
    #expect(roles[.attention] == 2)
    #expect(quantized.entries.allSatisfy { $0.relativeError < 0.2 })
    let graph = quantized.graph
    for node in graph.nodes where node.operation is Linear {
      let isQuantized = node.operands[..<2].allSatisfy { operand in
        let operation = graph[operand].operation
        return operation is FakeQuantize || operation is FakeQuantizeCodebook
          || operation is ImagePatches
      }
      #expect(isQuantized, "\(node.name)")
    }
    #expect(graph.landmarks.count == 1 + 1 + 3 * 2 + 2)
  }

  @Test func resultsDoNotDependOnTheNumberOfWorkers() throws {
    let recipe = QuantizationRecipe(weightBits: 4, activationBits: 4)
    let one = try quantize(recipe, workers: 1)
    let three = try quantize(recipe, workers: 3)
    #expect(one.graph.description == three.graph.description)
    #expect(one.entries == three.entries)
    let areEqual = zip(one.graph.nodes, three.graph.nodes).allSatisfy {
      $0.operation.isEqual(to: $1.operation)
    }
    #expect(areEqual)
  }

  @Test func moreBitsComeCloserToFullPrecision() throws {
    let errors = try [(3, 4), (4, 4), (4, 8), (8, 8)].map { weights, activations in
      try error(of: QuantizationRecipe(weightBits: weights, activationBits: activations))
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test(arguments: QuantizationRecipe.WeightCodes.allCases)
  func integerArithmeticComputesTheQuantizedModel(
    _ codes: QuantizationRecipe.WeightCodes
  ) throws {
    // Without activations close to a border of two codes, both arithmetics agree to rounding.
    var recipe = QuantizationRecipe(weightBits: 8, activationBits: 8)
    recipe.weightCodes = codes
    let graph = try quantize(recipe).graph
    let node = try #require(graph.ids.first { graph[$0].operation is Linear })
    let values = [Arithmetic.real, .integer].map { arithmetic in
      logits(graph, arithmetic, at: node)
    }
    #expect(Tolerance.rounding.accepts(values[0], values[1]))
  }

  @Test func edgesKeepEightBits() throws {
    var recipe = QuantizationRecipe(weightBits: 4, activationBits: 4)
    recipe.keepsEdgesAt8Bits = true
    let entries = try quantize(recipe).entries.filter { $0.bits == 8 }
    #expect(
      entries.map { "\($0.role) \($0.node)" } == [
        "image image", "weight patch_embed.proj.rotated_weight", "activation features",
        "weight head.rotated_weight",
      ])
  }

  @Test(arguments: Learner.allCases)
  func oneScaleServesALayer(_ learner: Learner) throws {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 8)
    recipe.iterations = 1
    recipe.weightScales = .perTensor
    let graph = try quantize(recipe).graph
    var count = 0
    for node in graph.nodes where node.operation is Linear {
      let weights = try #require(graph[node.operands[1]].operation as? FakeQuantize)
      count += 1
      #expect(Set(weights.quantizers).count == 1)
    }
    #expect(count == 14)
  }

  @Test func rejectsWhatItCannotDo() throws {
    let model = RandomVisionTransformer("class token")
    let graph = try model.graph()
    func quantize(_ graph: Graph, _ images: [Tensor], weights: Int = 4, activations: Int = 4)
      throws
    {
      _ = try Quantizer.quantize(
        graph, mean: Self.mean, standardDeviation: Self.deviation, images: images,
        recipe: QuantizationRecipe(weightBits: weights, activationBits: activations),
        workers: Workers(count: 1))
    }
    let images = model.images(1, seed: 1)
    #expect(
      throws: QuantizationError.unsupportedBits(role: "weights", expected: 3...8, found: 2)
    ) { try quantize(graph, images, weights: 2) }
    #expect(
      throws: QuantizationError.unsupportedBits(role: "activations", expected: 3...8, found: 9)
    ) { try quantize(graph, images, activations: 9) }
    #expect(throws: QuantizationError.noImages) { try quantize(graph, []) }
    var recipe = QuantizationRecipe(weightBits: 4, activationBits: 8)
    (recipe.outputFit, recipe.weightScales) = (.affine, .perTensor)
    #expect(throws: QuantizationError.affineFitOfOneScale) { try recipe.validate() }
    #expect(
      throws: QuantizationError.imageShape(index: 1, expected: [3, 32, 32], found: [3, 1, 1])
    ) { try quantize(graph, images + [Tensor(zeros: [3, 1, 1])]) }
    var empty = Graph()
    empty.outputs = [try empty.add("x", Input([1, 2]))]
    #expect(throws: QuantizationError.noPatchEmbedding) { try quantize(empty, images) }
  }

  @Test func namesTheImageThatIsNoNumber() throws {
    let model = RandomVisionTransformer("class token")
    let graph = try model.graph()
    var images = model.images(3, seed: 5)
    images[1][7] = .nan
    let input = try #require(graph.nodes.first { $0.operation is Input })
    #expect(throws: QuantizationError.notFinite(node: input.name, image: 1)) {
      try Quantizer.quantize(
        graph, mean: Self.mean, standardDeviation: Self.deviation, images: images,
        recipe: QuantizationRecipe(weightBits: 4, activationBits: 4), workers: Workers(count: 2))
    }
  }

  // MARK: Evaluation

  private func quantize(
    _ recipe: QuantizationRecipe, workers: Int = 2
  ) throws -> QuantizedGraph {
    let model = RandomVisionTransformer("class token")
    return try Quantizer.quantize(
      model.graph(), mean: Self.mean, standardDeviation: Self.deviation,
      images: model.images(3, seed: 5), recipe: recipe, workers: Workers(count: workers))
  }

  /// The squared difference of logits from those of the full-precision model.
  private func error(of recipe: QuantizationRecipe) throws -> Double {
    let model = RandomVisionTransformer("class token")
    let full = try model.graph()
    let quantized = try quantize(recipe).graph
    let expected = logits(full, .real, at: full.outputs[0], pixelInput: false)
    let found = logits(quantized, .real, at: quantized.outputs[0])
    return zip(found, expected).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
  }

  private func logits(
    _ graph: Graph, _ arithmetic: Arithmetic, at node: NodeID, pixelInput: Bool = true
  ) -> [Float] {
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph, arithmetic: arithmetic), keeping: [node],
      arithmetic: arithmetic)
    guard let input = graph.ids.first(where: { graph[$0].operation is Input }) else { return [] }
    var generator = SplitMix64(seed: 12)
    let count = graph[input].shape.elementCount
    return (0..<4).flatMap { _ in
      let bytes: [UInt8] = generator.integers(count)
      let elements = bytes.enumerated().map { i, byte in
        let c = i / (count / 3)
        let pixel = Float(byte) / 255
        return pixelInput ? pixel : (pixel - Self.mean[c]) / Self.deviation[c]
      }
      evaluator.input(input).copy(from: elements)
      evaluator.forward()
      return evaluator.value(node).tensor.elements
    }
  }
}
