package import VitqGraph
import VitqOps
package import VitqTensor
import VitqTestSupport

/// A small vision transformer with random weights, in the forms that timm builds.
package struct RandomVisionTransformer: Sendable, CustomStringConvertible {
  package enum Pooling: Sendable {
    case classToken
    /// The mean of the patch tokens, normalised before or after.
    case average(normalizesAfter: Bool)
    /// A class and a distillation token, a head for each, averaged.
    case distilled
  }

  package var description: String
  package var imageSide = 32
  package var patchSide = 8
  package var width = 48
  package var heads = 3
  package var blocks = 2
  package var classes = 10
  package var pooling = Pooling.classToken
  package var registerTokens = 0
  package var normalizesFirst = false
  /// Whether position embeddings belong to patches only.
  package var embedsPatchesOnly = false
  package var scalesLayers = false
  /// Whether rows are selected before the last normalisation instead of after it.
  package var selectsFirst = false
  package var hasQKVBias = true
  package var seed: UInt64 = 1

  package init(_ description: String) { self.description = description }

  /// One model for each variant.
  package static let all: [RandomVisionTransformer] = {
    func variant(
      _ name: String, _ change: (inout RandomVisionTransformer) -> Void
    ) -> RandomVisionTransformer {
      var model = RandomVisionTransformer(name)
      change(&model)
      return model
    }
    return [
      variant("class token") { _ in },
      variant("class token, selected first") { $0.selectsFirst = true },
      variant("distilled") { $0.pooling = .distilled },
      variant("distilled, selected first") {
        $0.pooling = .distilled
        $0.selectsFirst = true
      },
      variant("average pooling, norm before") { $0.pooling = .average(normalizesAfter: false) },
      variant("average pooling, norm after") { $0.pooling = .average(normalizesAfter: true) },
      variant("pre-norm, layer scale") {
        $0.normalizesFirst = true
        $0.scalesLayers = true
      },
      variant("register tokens") { $0.registerTokens = 3 },
      variant("registers, patch-only positions") {
        $0.registerTokens = 2
        $0.embedsPatchesOnly = true
      },
      variant("no bias, odd widths") {
        $0.hasQKVBias = false
        $0.width = 40
        $0.heads = 2
        $0.classes = 37
        $0.blocks = 3
      },
    ]
  }()

  package var imageShape: Shape { [3, imageSide, imageSide] }

  /// Normalised images: smooth enough to have structure.
  package func images(_ count: Int, seed: UInt64) -> [Tensor] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      Tensor(imageShape, generator.floats(imageShape.elementCount).map { $0 * 1.9 })
    }
  }

  package func graph() throws(GraphError) -> Graph {
    var builder = Builder(model: self)
    return try builder.build()
  }
}

private struct Builder {
  let model: RandomVisionTransformer
  var graph = Graph()
  var generator: SplitMix64

  init(model: RandomVisionTransformer) {
    self.model = model
    generator = SplitMix64(seed: model.seed)
  }

  mutating func build() throws(GraphError) -> Graph {
    let image = try graph.add("image", Input(model.imageShape))
    graph.landmarks[.image] = image
    var x = try tokens(image)
    if model.normalizesFirst { x = try norm("norm_pre", x) }
    for block in 0..<model.blocks { x = try self.block(block, x) }
    let logits = try classify(x)
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
    return graph
  }

  private var prefixCount: Int {
    let classTokens =
      switch model.pooling {
      case .classToken: 1
      case .average: 0
      case .distilled: 2
      }
    return classTokens + model.registerTokens
  }

  private mutating func tokens(_ image: NodeID) throws(GraphError) -> NodeID {
    let patches = try graph.add("patches", ImagePatches(side: model.patchSide), [image])
    let width = 3 * model.patchSide * model.patchSide
    let embedded = try linear("patch_embed.proj", patches, width, model.width)
    graph.landmarks[.patchTokens] = embedded
    let patchCount = graph[embedded].shape[0]
    var prefix: [NodeID] = []
    for token in 0..<prefixCount {
      prefix.append(try constant("token.\(token)", [1, model.width], 1))
    }
    let positions = try constant(
      "pos_embed", [patchCount + (model.embedsPatchesOnly ? 0 : prefixCount), model.width], 0.5)
    if model.embedsPatchesOnly {
      let sum = try graph.add("positions", Add(), [embedded, positions])
      return try graph.add("tokens", Concatenate(), prefix + [sum])
    }
    guard !prefix.isEmpty else { return try graph.add("positions", Add(), [embedded, positions]) }
    let tokens = try graph.add("tokens", Concatenate(), prefix + [embedded])
    return try graph.add("positions", Add(), [tokens, positions])
  }

  private mutating func block(_ index: Int, _ x: NodeID) throws(GraphError) -> NodeID {
    let name = "blocks.\(index)"
    let headWidth = model.width / model.heads
    let attended = try norm("\(name).norm1", x)
    let qkv = try linear(
      "\(name).attn.qkv", attended, model.width, 3 * model.width, hasBias: model.hasQKVBias)
    var parts: [NodeID] = []
    for (part, role) in ["q", "k", "v"].enumerated() {
      parts.append(
        try graph.add(
          "\(name).attn.\(role)", SplitHeads(part: part, parts: 3, heads: model.heads), [qkv]))
    }
    let scores = try graph.add(
      "\(name).attn.scores",
      MatMul(transposesRight: true, scale: 1 / Float(headWidth).squareRoot()),
      [parts[0], parts[1]])
    let attention = try graph.add("\(name).attn.softmax", Softmax(), [scores])
    graph.landmarks[.attention(block: index)] = attention
    let weighted = try graph.add(
      "\(name).attn.weighted", MatMul(transposesRight: false, scale: 1), [attention, parts[2]])
    let merged = try graph.add("\(name).attn.merged", MergeHeads(), [weighted])
    graph.landmarks[.attentionOutput(block: index)] = merged
    var projected = try linear("\(name).attn.proj", merged, model.width, model.width)
    projected = try scaled("\(name).ls1", projected)
    let middle = try graph.add("\(name).add1", Add(), [x, projected])

    let normed = try norm("\(name).norm2", middle)
    let hidden = try linear("\(name).mlp.fc1", normed, model.width, 4 * model.width)
    let activated = try graph.add("\(name).mlp.act", GELU(.erf), [hidden])
    var output = try linear("\(name).mlp.fc2", activated, 4 * model.width, model.width)
    output = try scaled("\(name).ls2", output)
    let sum = try graph.add("\(name).add2", Add(), [middle, output])
    graph.landmarks[.blockOutput(block: index)] = sum
    return sum
  }

  private mutating func classify(_ x: NodeID) throws(GraphError) -> NodeID {
    switch model.pooling {
    case .classToken:
      let features: NodeID
      if model.selectsFirst {
        features = try norm("norm", try graph.add("row", SelectRows(first: 0, count: 1), [x]))
      } else {
        features = try graph.add(
          "features", SelectRows(first: 0, count: 1), [try norm("norm", x)])
      }
      graph.landmarks[.features] = features
      return try linear("head", features, model.width, model.classes)
    case .average(let normalizesAfter):
      let patchCount = graph[x].shape[0] - prefixCount
      let normed = normalizesAfter ? x : try norm("norm", x)
      let patches = try graph.add(
        "patch_rows", SelectRows(first: prefixCount, count: patchCount), [normed])
      let mean = try graph.add("mean", MeanRows(), [patches])
      let features = normalizesAfter ? try norm("fc_norm", mean) : mean
      graph.landmarks[.features] = features
      return try linear("head", features, model.width, model.classes)
    case .distilled:
      var x = x
      if model.selectsFirst {
        x = try graph.add("rows", SelectRows(first: 0, count: 2), [x])
      }
      let normed = try norm("norm", x)
      let first = try graph.add("class_row", SelectRows(first: 0, count: 1), [normed])
      let second = try graph.add("distillation_row", SelectRows(first: 1, count: 1), [normed])
      graph.landmarks[.features] = first
      let left = try linear("head", first, model.width, model.classes)
      let right = try linear("head_dist", second, model.width, model.classes)
      let sum = try graph.add("sum", Add(), [left, right])
      let half = try graph.add(
        "half", Constant(Tensor([model.classes], Array(repeating: 0.5, count: model.classes))))
      return try graph.add("logits", Multiply(), [sum, half])
    }
  }

  // MARK: Layers

  private mutating func constant(
    _ name: String, _ shape: Shape, _ amplitude: Float, around centre: Float = 0
  ) throws(GraphError) -> NodeID {
    let elements = generator.floats(shape.elementCount).map { centre + amplitude * $0 }
    return try graph.add(name, Constant(Tensor(shape, elements)))
  }

  private mutating func linear(
    _ name: String, _ x: NodeID, _ inputs: Int, _ outputs: Int, hasBias: Bool = true
  ) throws(GraphError) -> NodeID {
    let amplitude = 2 / Float(inputs).squareRoot()
    let weight = try constant("\(name).weight", [outputs, inputs], amplitude)
    let bias = try constant("\(name).bias", [outputs], hasBias ? 0.3 : 0)
    return try graph.add(name, Linear(), [x, weight, bias])
  }

  private mutating func norm(_ name: String, _ x: NodeID) throws(GraphError) -> NodeID {
    let gamma = try constant("\(name).weight", [model.width], 0.5, around: 1)
    let beta = try constant("\(name).bias", [model.width], 0.3)
    return try graph.add(name, LayerNorm(epsilon: 1e-6), [x, gamma, beta])
  }

  private mutating func scaled(_ name: String, _ x: NodeID) throws(GraphError) -> NodeID {
    guard model.scalesLayers else { return x }
    let gamma = try constant("\(name).gamma", [model.width], 0.3, around: 0.8)
    return try graph.add(name, Multiply(), [x, gamma])
  }
}
