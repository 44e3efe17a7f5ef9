import Testing
import VitqAutodiff
import VitqGraph
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels

/// One layer at a time, quantized as in the product.
struct LayerwiseQuantizationTests {
  private static let mean: [Float] = [0.5, 0.4, 0.45]
  private static let deviation: [Float] = [0.25, 0.5, 0.3]
  private static let model = RandomVisionTransformer("class token")

  static let recipes: [QuantizationRecipe] =
    Learner.allCases.map { QuantizationRecipe(learner: $0, weightBits: 4, activationBits: 4) }
    + QuantizationRecipe.ActivationCodes.allCases.map { codes in
      var recipe = QuantizationRecipe(learner: .repq, weightBits: 4, activationBits: 4)
      recipe.attentionCodes = codes
      return recipe
    } + [perToken]

  private static var perToken: QuantizationRecipe {
    var recipe = QuantizationRecipe(learner: .gptq, weightBits: 4, activationBits: 4)
    recipe.activationScales = .perToken
    return recipe
  }

  /// The kinds of quantizers that a layer reads, by its name.
  private func kinds(_ graph: Graph, of layer: String) -> [String] {
    func isQuantizer(_ operation: any Operation) -> Bool {
      type(of: operation).mnemonic.hasPrefix("fake_quantize")
    }
    func quantizer(_ id: NodeID) -> String {
      let node = graph[id]
      if isQuantizer(node.operation) { return type(of: node.operation).mnemonic }
      let isMovement =
        node.operation is SplitHeads || node.operation is SelectRows
        || node.operation is ImagePatches
      return isMovement ? quantizer(node.operands[0]) : "none"
    }
    guard let id = graph.ids.first(where: { graph[$0].name == layer }) else { return [] }
    return graph[id].operands.prefix(2).map(quantizer)
  }

  private static func pixels(_ images: [Tensor]) -> [Tensor] {
    images.map { Quantizer.pixels(of: $0, mean: mean, standardDeviation: deviation) }
  }

  @Test(arguments: recipes)
  func aLayerHasTheQuantizersOfTheProduct(_ recipe: QuantizationRecipe) throws {
    let images = Self.model.images(2, seed: 5)
    let workers = Workers(count: 2)
    var product = recipe
    product.iterations = 1
    let quantized = try Quantizer.quantize(
      Self.model.graph(), mean: Self.mean, standardDeviation: Self.deviation, images: images,
      recipe: product, workers: workers
    ).graph
    let layerwise = try LayerwiseQuantization(
      Self.model.graph(), mean: Self.mean, standardDeviation: Self.deviation,
      pixels: Self.pixels(images), recipe: recipe, workers: workers, progress: { _ in })
    // Two blocks of q, k, v, proj, fc1, fc2 and two products; the embedding and the classifier.
    #expect(layerwise.layers.count == 18)
    for layer in layerwise.layers {
      let graph = try layerwise.graph(quantizing: layer)
      let name = layerwise.description(of: layer).name
      #expect(kinds(graph, of: name) == kinds(quantized, of: name), "\(name)")
      for other in layerwise.layers where other != layer {
        let otherName = layerwise.description(of: other).name
        #expect(kinds(graph, of: otherName) == ["none", "none"], "\(name): \(otherName)")
      }
    }
    for name in layerwise.layers.map({ layerwise.description(of: $0).name }) {
      #expect(kinds(layerwise.reference, of: name) == ["none", "none"])
    }
  }

  /// Nothing stands before the embedding, so all of it is the product's, but for what learners make
  /// of pixels that are no bytes.
  @Test(arguments: [Learner.repq, .erq])
  func theFirstLayerIsTheProducts(_ learner: Learner) throws {
    let recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    let images = Self.model.images(2, seed: 5)
    let quantized = try Quantizer.quantize(
      Self.model.graph(), mean: Self.mean, standardDeviation: Self.deviation, images: images,
      recipe: recipe, workers: Workers(count: 1)
    ).graph
    let layerwise = try LayerwiseQuantization(
      Self.model.graph(), mean: Self.mean, standardDeviation: Self.deviation,
      pixels: Self.pixels(images), recipe: recipe, workers: Workers(count: 1), progress: { _ in })
    let graph = try layerwise.graph(quantizing: layerwise.layers[0])
    func operations(_ graph: Graph) throws -> [any Operation] {
      let name = layerwise.description(of: layerwise.layers[0]).name
      let id = try #require(graph.ids.first { graph[$0].name == name })
      let weight = graph[id].operands[1]
      return [weight, graph[weight].operands[0], graph[id].operands[2]].map { graph[$0].operation }
    }
    let areEqual = zip(try operations(graph), try operations(quantized)).allSatisfy {
      $0.isEqual(to: $1)
    }
    #expect(areEqual)
  }
}
