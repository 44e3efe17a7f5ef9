import Foundation
import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels
import VitqTestSupport

struct LearnerTests {
  private static let model = RandomVisionTransformer("class token")

  @Test(arguments: Learner.allCases)
  func resultsDoNotDependOnTheNumberOfWorkers(_ learner: Learner) throws {
    let graphs = try [1, 2, 3].map { try quantize(recipe(learner), workers: $0) }
    for graph in graphs.dropFirst() {
      #expect(graph.description == graphs[0].description)
      let areEqual = zip(graph.nodes, graphs[0].nodes).allSatisfy {
        $0.operation.isEqual(to: $1.operation)
      }
      #expect(areEqual)
    }
  }

  @Test(arguments: [Learner.sardfq, .erq, .gptq, .best])
  func learningLowersTheErrorOfAnswers(_ learner: Learner) throws {
    var plain = recipe(.repq)
    var learned = recipe(learner)
    // The same quantizers of activations, so that only the learner differs.
    plain.attentionCodes = .uniform
    learned.attentionCodes = .uniform
    if learner == .best {
      plain.rotation = learned.rotation
      plain.rotatesHeads = true
      plain.rescalesNormalizedChannels = false
      plain.centresNormalizedChannels = true
      plain.geluCodes = .codebook
    } else {
      plain.rescalesNormalizedChannels = true
      learned.rescalesNormalizedChannels = true
    }
    learned.learningRate = 2e-3
    #expect(try answerError(learned) < 0.97 * answerError(plain))
  }

  @Test(arguments: [(8, 8), (6, 6), (4, 8), (3, 4), (4, 3)])
  func bestTakesAnyBits(_ weights: Int, _ activations: Int) throws {
    let graph = try quantize(
      QuantizationRecipe(weightBits: weights, activationBits: activations))
    let areFinite = logits(graph, .integer).allSatisfy { $0.isFinite }
    #expect(areFinite)
  }

  @Test(arguments: Learner.allCases)
  func constantImagesAndDeadChannelsGiveFiniteAnswers(_ learner: Learner) throws {
    let graph = try Self.model.graph().changingConstants { name, value in
      guard name.hasSuffix("norm1.weight") else { return value }
      return Tensor(value.shape, value.elements.enumerated().map { $0 % 5 == 0 ? 0 : $1 })
    }
    let grey = Tensor(
      Self.model.imageShape, Array(repeating: 0.1, count: Self.model.imageShape.elementCount))
    let quantized = try quantize(recipe(learner), graph, [grey, grey], workers: 2)
    let areFinite = logits(quantized, .integer).allSatisfy { $0.isFinite }
    #expect(areFinite)
  }

  @Test(arguments: Learner.allCases)
  func numbersThatAreNoneAreNamed(_ learner: Learner) throws {
    let graph = try Self.model.graph().changingConstants { name, value in
      guard name == "blocks.1.mlp.fc1.weight" else { return value }
      var elements = value.elements
      elements[7] = .nan
      return Tensor(value.shape, elements)
    }
    let error = #expect(throws: QuantizationError.self) {
      _ = try quantize(recipe(learner), graph, Self.model.images(2, seed: 1), workers: 1)
    }
    #expect(error?.description.contains("blocks.1.mlp") == true, "\(String(describing: error))")
  }

  @Test func moreRotationsComeNoFartherFromTheModel() throws {
    var recipe = recipe(.best)
    let errors = try [1, 4].map { count in
      recipe.rotationCandidates = count
      return try divergence(of: quantize(recipe))
    }
    #expect(errors[1] <= errors[0])
  }

  /// I&S-ViT trains all of a part, and patch merging is a part (method.md 5.2).
  @Test func theTwoStageLearnerTrainsWindows() throws {
    let model = RandomSwinTransformer("whole windows")
    let images = model.images(2, seed: 5)
    func constants(iterations: Int, _ suffix: String) throws -> [String: Tensor] {
      var recipe = recipe(.sardfq)
      recipe.iterations = iterations
      // Rates at which the first step shows.
      recipe.learningRate = 1e-2
      let graph = try quantize(recipe, model.graph(), images)
      var found: [String: Tensor] = [:]
      for node in graph.nodes where node.name.hasSuffix(suffix) {
        found[node.name] = (node.operation as? Constant)?.value
      }
      return found
    }
    let biases = try constants(iterations: 6, ".relative_position_bias")
    let plain = try model.graph()
    #expect(biases.count == 4)
    for (name, bias) in biases {
      let before = plain.nodes.first { $0.name == name }?.operation as? Constant
      #expect(before?.value != bias, "\(name)")
      #expect(RelativeBias(bias) != nil, "\(name)")
    }
    let merging = "downsample.reduction.weight.folded"
    #expect(try constants(iterations: 6, merging) != constants(iterations: 1, merging))
  }

  @Test func theTwoStageLearnerNeedsBlocks() throws {
    var graph = try Self.model.graph()
    graph.landmarks = [:]
    #expect(throws: QuantizationError.noBlocks) {
      _ = try quantize(recipe(.sardfq), graph, Self.model.images(1, seed: 1), workers: 1)
    }
  }

  // MARK: Runs

  private func recipe(_ learner: Learner) -> QuantizationRecipe {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    recipe.iterations = 12
    return recipe
  }

  private func quantize(
    _ recipe: QuantizationRecipe, _ graph: Graph? = nil, _ images: [Tensor]? = nil,
    workers: Int = 2
  ) throws -> Graph {
    try Quantizer.quantize(
      graph ?? Self.model.graph(), mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25],
      images: images ?? Self.model.images(4, seed: 5), recipe: recipe,
      workers: Workers(count: workers)
    ).graph
  }

  /// Σ over calibration images of the squared difference of logits.
  private func answerError(_ recipe: QuantizationRecipe) throws -> Double {
    let quantized = logits(try quantize(recipe), .real)
    let full = logits(try Self.model.graph(), .real, isNormalised: true)
    return zip(quantized, full).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
  }

  /// Σ p (log p − log q) over the calibration images.
  private func divergence(of graph: Graph) throws -> Double {
    let full = logits(try Self.model.graph(), .real, isNormalised: true)
    let found = logits(graph, .real)
    let classes = Self.model.classes
    func logProbabilities(_ logits: ArraySlice<Float>) -> [Double] {
      let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
      return logits.map { Double($0) - log(sum) }
    }
    return stride(from: 0, to: full.count, by: classes).reduce(0) { total, start in
      let p = logProbabilities(full[start..<start + classes])
      let q = logProbabilities(found[start..<start + classes])
      return total + zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
  }

  private func logits(
    _ graph: Graph, _ arithmetic: Arithmetic, isNormalised: Bool = false
  ) -> [Float] {
    let output = graph.outputs[0]
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph, arithmetic: arithmetic), keeping: [output],
      arithmetic: arithmetic)
    guard let input = graph.ids.first(where: { graph[$0].operation is Input }) else { return [] }
    return Self.model.images(4, seed: 5).flatMap { image in
      let pixels = image.elements.map { min(max(0.5 + 0.25 * $0, 0), 1) }
      evaluator.input(input).copy(
        from: isNormalised ? pixels.map { ($0 - 0.5) / 0.25 } : pixels)
      evaluator.forward()
      return evaluator.value(output).tensor.elements
    }
  }
}

extension Graph {
  /// The same graph with other constants.
  fileprivate func changingConstants(_ change: (String, Tensor) -> Tensor) throws -> Graph {
    var result = Graph()
    for node in nodes {
      let constant = node.operation as? Constant
      try result.add(
        node.name,
        constant.map { Constant(change(node.name, $0.value)) as any VitqGraph.Operation }
          ?? node.operation,
        node.operands)
    }
    result.outputs = outputs
    result.landmarks = landmarks
    return result
  }
}
