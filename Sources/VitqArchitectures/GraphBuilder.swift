import VitqCheckpoints
import VitqGraph
import VitqOps
import VitqTensor

/// Appends the parts of one model to one graph.
///
/// Nodes have the names of timm's modules; constants have those of the state dict.
struct GraphBuilder<Model: Architecture> {
  let model: Model
  let archive: any TensorArchive
  var graph = Graph()

  init(_ model: Model, _ archive: any TensorArchive) {
    (self.model, self.archive) = (model, archive)
  }

  /// The graph that `build` makes, with errors of one type.
  static func graph(
    of model: Model, weights: any TensorArchive,
    _ build: (inout GraphBuilder<Model>) throws -> Void
  ) throws(ArchitectureError) -> Graph {
    var builder = GraphBuilder(model, weights)
    do {
      try build(&builder)
    } catch let error as ArchitectureError {
      throw error
    } catch let error as GraphError {
      throw .graph(error)
    } catch let error as ArchiveError {
      throw .archive(error)
    } catch {
      preconditionFailure("an error of another type: \(error)")
    }
    return builder.graph
  }
}

/// The sizes of one attention layer.
struct AttentionLayer {
  var name: String
  /// The block of the landmarks.
  var block: Int
  var headCount: Int
  /// d, the width of a head.
  var headWidth: Int
  /// The windows that the rows consist of.
  var windowCount = 1
  /// Whether queries, keys and values have a bias.
  var hasBias: Bool
}

extension GraphBuilder {
  /// The image [3, H, W].
  mutating func image() throws -> NodeID {
    let image = try graph.add("image", Input([3, model.imageHeight, model.imageWidth]))
    graph.landmarks[.image] = image
    return image
  }

  /// The patch embedding [patches, width].
  mutating func patchTokens(
    of image: NodeID, patchSide: Int, width: Int, hasBias: Bool
  ) throws -> NodeID {
    let patches = try graph.add("patch_embed.patches", ImagePatches(side: patchSide), [image])
    let x = try linear(
      "patch_embed.proj", patches, weightShape: [width, 3 * patchSide * patchSide],
      hasBias: hasBias)
    graph.landmarks[.patchTokens] = x
    return x
  }

  /// Multi-head attention from the rows of x, up to the projection of its output.
  ///
  /// - Parameters:
  ///   - layer: The sizes.
  ///   - x: Normalised tokens [windows · N, C].
  ///   - offsets: What is added to the scores: the bias, and the mask if there is one.
  /// - Returns: The projected output [windows · N, C].
  mutating func attention(
    _ layer: AttentionLayer, _ x: NodeID, offsets: [NodeID] = []
  ) throws -> NodeID {
    let (name, windows) = (layer.name, layer.windowCount)
    let qkv = try linear("\(name).qkv", x, hasBias: layer.hasBias)
    let parts = try ["q", "k", "v"].enumerated().map { part, letter in
      try graph.add(
        "\(name).\(letter)",
        SplitHeads(part: part, parts: 3, heads: layer.headCount, windows: windows), [qkv])
    }
    let scale = Float(1 / Double(layer.headWidth).squareRoot())
    var scores = try graph.add(
      "\(name).scores", MatMul(transposesRight: true, scale: scale), [parts[0], parts[1]])
    if !offsets.isEmpty {
      scores = try graph.add(
        "\(name).biased", AttentionBias(windows: windows), [scores] + offsets)
    }
    let weights = try graph.add("\(name).softmax", Softmax(), [scores])
    graph.landmarks[.attention(block: layer.block)] = weights
    let context = try graph.add(
      "\(name).context", MatMul(transposesRight: false, scale: 1), [weights, parts[2]])
    let merged = try graph.add("\(name).merged", MergeHeads(windows: windows), [context])
    graph.landmarks[.attentionOutput(block: layer.block)] = merged
    return try linear("\(name).proj", merged)
  }

  /// Two linear layers with the activation between them.
  mutating func perceptron(_ name: String, _ x: NodeID) throws -> NodeID {
    var h = try linear("\(name).fc1", x)
    h = try graph.add("\(name).act", GELU(model.traits.activation), [h])
    return try linear("\(name).fc2", h)
  }

  mutating func layerNorm(_ name: String, _ x: NodeID) throws -> NodeID {
    let operation = LayerNorm(epsilon: model.traits.epsilon)
    return try graph.add(
      name, operation, [x, constant("\(name).weight"), constant("\(name).bias")])
  }

  /// A linear layer; without a bias of its own it gets one of zeros.
  mutating func linear(
    _ name: String, _ x: NodeID, weightShape: Shape? = nil, hasBias: Bool = true
  ) throws -> NodeID {
    let weight = try constant("\(name).weight", reshapedTo: weightShape)
    let bias =
      hasBias
      ? try constant("\(name).bias")
      : try graph.add("\(name).bias", Constant(Tensor(zeros: [graph[weight].shape[0]])))
    return try graph.add(name, Linear(), [x, weight, bias])
  }

  mutating func constant(
    _ name: String, reshapedTo shape: Shape? = nil, scaledBy factor: Float = 1
  ) throws -> NodeID {
    var tensor = try archive.tensor(name)
    if let shape { tensor = tensor.reshaped(to: shape) }
    if factor != 1 { tensor = Tensor(tensor.shape, tensor.elements.map { factor * $0 }) }
    return try graph.add(name, Constant(tensor))
  }
}
