import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqQuantization
import VitqTensor
import VitqTestModels
import VitqTestSupport

struct ChannelRescalingTests {
  private let channels = 6
  private let search = ActivationSearch(bits: 4, percentiles: [1])

  @Test func theLayerBehindComputesTheSame() {
    var generator = SplitMix64(seed: 7)
    let values = values()
    let rescaling = ChannelRescaling(values, search: search, workers: Workers(count: 2))
    let weight = Tensor([3, channels], generator.floats(18))
    let bias = Tensor([3], generator.floats(3))
    let after = rescaling.rescaled(weight: weight, bias: bias)
    for tensor in values {
      let x = tensor.elements
      let rescaled = self.rescaled(tensor, by: rescaling)
      let expected = product(x, weight, bias)
      let found = product(rescaled, after.weight, after.bias)
      #expect(Tolerance.rounding.accepts(found, expected))
    }
  }

  @Test func oneQuantizerGivesTheCodesOfTheChannels() {
    let values = values()
    let rescaling = ChannelRescaling(values, search: search, workers: Workers(count: 1))
    var differing = 0
    for c in 0..<channels {
      let column = values.flatMap { tensor in
        (0..<tensor.shape[0]).map { tensor.elements[$0 * channels + c] }
      }
      let own = search.choose([Tensor([column.count], column)], workers: Workers(count: 1))
      let rescaled = values.flatMap { tensor in
        let x = self.rescaled(tensor, by: rescaling)
        return (0..<tensor.shape[0]).map { x[$0 * channels + c] }
      }
      // Rescaling rounds, so a value on the border of two codes may change sides.
      differing += zip(column, rescaled).count {
        own.quantizer.code(of: $0) != rescaling.quantizer.code(of: $1)
      }
    }
    #expect(differing <= 2)
  }

  /// Method.md 3.2: the norms of blocks, of patch merging in RepQ-ViT alone, no other.
  @Test(arguments: [Learner.repq, .erq, .sardfq])
  func normsOfBlocksAreRescaled(_ learner: Learner) throws {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    recipe.iterations = 1
    let vision = RandomVisionTransformer("class token")
    let windows = RandomSwinTransformer("whole windows")
    let found = try [(vision.graph(), vision.images), (windows.graph(), windows.images)].map {
      try rescaledNorms(of: $0, images: $1(2, 3), recipe)
    }
    #expect(found[0] == ["blocks.0.norm1", "blocks.0.norm2", "blocks.1.norm1", "blocks.1.norm2"])
    let blocks = (0..<4).flatMap { index in
      (1...2).map { "layers.\(index / 2).blocks.\(index % 2).norm\($0)" }
    }
    let merging = learner == .repq ? ["layers.1.downsample.norm"] : []
    #expect(found[1] == (blocks + merging).sorted())
  }

  /// The normalisations whose γ changed.
  private func rescaledNorms(
    of graph: Graph, images: [Tensor], _ recipe: QuantizationRecipe
  ) throws -> [String] {
    let quantized = try Quantizer.quantize(
      graph, mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25], images: images,
      recipe: recipe, workers: Workers(count: 2)
    ).graph
    func gammas(_ graph: Graph) -> [String: [Float]] {
      var gammas: [String: [Float]] = [:]
      for node in graph.nodes where node.operation is LayerNorm {
        gammas[node.name] = (graph[node.operands[1]].operation as? Constant)?.value.elements
      }
      return gammas
    }
    let before = gammas(graph)
    return gammas(quantized).filter { before[$0.key] != $0.value }.keys.sorted()
  }

  /// The rescaled channels, with the normalisation's γ = 1, β = 0 standing for x itself.
  private func rescaled(_ x: Tensor, by rescaling: ChannelRescaling) -> [Float] {
    let ones = Tensor([channels], Array(repeating: 1, count: channels))
    let norm = rescaling.rescaled(gamma: ones, beta: Tensor(zeros: [channels]))
    return x.elements.enumerated().map { i, x in
      x * norm.gamma.elements[i % channels] + norm.beta.elements[i % channels]
    }
  }

  private func product(_ x: [Float], _ weight: Tensor, _ bias: Tensor) -> [Float] {
    (0..<x.count / channels).flatMap { row in
      bias.elements.indices.map { n in
        let sum = (0..<channels).reduce(Double(bias.elements[n])) {
          $0 + Double(x[row * channels + $1]) * Double(weight.elements[n * channels + $1])
        }
        return Float(sum)
      }
    }
  }

  private func values() -> [Tensor] {
    var generator = SplitMix64(seed: 1)
    return (0..<2).map { _ in
      let x = generator.floats(40 * channels)
      return Tensor(
        [40, channels],
        x.enumerated().map { i, x in
          x * [0.5, 3, 1, 1.5, 0.25, 2][i % channels] + [0.1, -1, 0.5, 0, 0.1, 0.7][i % channels]
        })
    }
  }
}
