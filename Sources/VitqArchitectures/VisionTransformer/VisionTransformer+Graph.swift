import VitqCheckpoints
import VitqGraph
import VitqOps
import VitqTensor

extension VisionTransformer {
  /// The graph of the model, from the normalised image to the class scores.
  ///
  /// Nodes are named after timm's modules, constants after their entries in the state dict. The
  /// final normalisation acts on each token alone, so tokens that the classifier does not read
  /// are left out before it.
  ///
  /// - Throws: ``ArchitectureError/archive(_:)`` if a tensor cannot be read.
  func graph(weights archive: any TensorArchive) throws(ArchitectureError) -> Graph {
    var builder = Builder(model: self, archive: archive)
    do {
      try builder.build()
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

/// Appends the parts of one model to one graph.
private struct Builder {
  let model: VisionTransformer
  let archive: any TensorArchive
  var graph = Graph()

  mutating func build() throws {
    let image = try graph.add("image", Input([3, model.imageHeight, model.imageWidth]))
    graph.landmarks[.image] = image
    var x = try embedding(of: image)
    if model.hasPreNorm { x = try layerNorm("norm_pre", x) }
    for block in 0..<model.depth { x = try transformerBlock(block, x) }
    let logits = model.isDistilled ? try distilledHead(x) : try head(features(x))
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
  }

  // MARK: Tokens

  private mutating func embedding(of image: NodeID) throws -> NodeID {
    let (side, width) = (model.patchSide, model.width)
    let patches = try graph.add("patch_embed.patches", ImagePatches(side: side), [image])
    var x = try linear(
      "patch_embed.proj", patches, weightShape: [width, 3 * side * side],
      hasBias: model.hasPatchBias, biasCount: width)
    graph.landmarks[.patchTokens] = x
    let count = model.patchCount + (model.embedsPrefixTokens ? model.prefixTokenCount : 0)
    let positions = try constant("pos_embed", reshapedTo: [count, width])
    if !model.embedsPrefixTokens { x = try graph.add("embedding", Add(), [x, positions]) }
    x = try prefixing(x)
    if model.embedsPrefixTokens { x = try graph.add("embedding", Add(), [x, positions]) }
    return x
  }

  /// The tokens `x` after class, distillation and register tokens.
  private mutating func prefixing(_ x: NodeID) throws -> NodeID {
    guard model.prefixTokenCount > 0 else { return x }
    let width = model.width
    var parts: [NodeID] = []
    if model.hasClassToken { parts.append(try constant("cls_token", reshapedTo: [1, width])) }
    if model.isDistilled { parts.append(try constant("dist_token", reshapedTo: [1, width])) }
    if model.registerTokenCount > 0 {
      parts.append(try constant("reg_token", reshapedTo: [model.registerTokenCount, width]))
    }
    return try graph.add("tokens", Concatenate(), parts + [x])
  }

  // MARK: Blocks

  private mutating func transformerBlock(_ block: Int, _ x: NodeID) throws -> NodeID {
    let name = "blocks.\(block)"
    let attended = try attention(block, layerNorm("\(name).norm1", x))
    let middle = try residual(block, branch: 1, attended, onto: x)
    var h = try layerNorm("\(name).norm2", middle)
    h = try linear("\(name).mlp.fc1", h)
    h = try graph.add("\(name).mlp.act", GELU(model.traits.activation), [h])
    h = try linear("\(name).mlp.fc2", h)
    let output = try residual(block, branch: 2, h, onto: middle)
    graph.landmarks[.blockOutput(block: block)] = output
    return output
  }

  private mutating func attention(_ block: Int, _ x: NodeID) throws -> NodeID {
    let name = "blocks.\(block).attn"
    let heads = model.traits.headCount
    let qkv = try linear(
      "\(name).qkv", x, hasBias: model.hasQKVBias, biasCount: 3 * model.width)
    let parts = try ["q", "k", "v"].enumerated().map { part, letter in
      try graph.add(
        "\(name).\(letter)", SplitHeads(part: part, parts: 3, heads: heads), [qkv])
    }
    let scale = Float(1 / Double(model.headWidth).squareRoot())
    let scores = try graph.add(
      "\(name).scores", MatMul(transposesRight: true, scale: scale), [parts[0], parts[1]])
    let weights = try graph.add("\(name).softmax", Softmax(), [scores])
    graph.landmarks[.attention(block: block)] = weights
    let context = try graph.add(
      "\(name).context", MatMul(transposesRight: false, scale: 1), [weights, parts[2]])
    let merged = try graph.add("\(name).merged", MergeHeads(), [context])
    graph.landmarks[.attentionOutput(block: block)] = merged
    return try linear("\(name).proj", merged)
  }

  /// x + s h, with the scale s of the branch if there is one.
  private mutating func residual(
    _ block: Int, branch: Int, _ h: NodeID, onto x: NodeID
  ) throws -> NodeID {
    var h = h
    if let scale = model.scaleName(block: block, branch: branch) {
      h = try graph.add("blocks.\(block).ls\(branch)", Multiply(), [h, constant(scale)])
    }
    return try graph.add("blocks.\(block).add\(branch)", Add(), [x, h])
  }

  // MARK: Classifier

  /// The pooled feature [1, C].
  private mutating func features(_ x: NodeID) throws -> NodeID {
    var x = x
    let isAverage = model.traits.pooling == .average
    let kept = isAverage ? (model.prefixTokenCount, model.patchCount) : (0, 1)
    if kept != (0, model.prefixTokenCount + model.patchCount) {
      x = try graph.add("selected", SelectRows(first: kept.0, count: kept.1), [x])
    }
    if !model.normalizesFeatures { x = try layerNorm("norm", x) }
    if isAverage { x = try graph.add("pool", MeanRows(), [x]) }
    if model.normalizesFeatures { x = try layerNorm("fc_norm", x) }
    graph.landmarks[.features] = x
    return x
  }

  private mutating func head(_ features: NodeID) throws -> NodeID {
    try linear("head", features)
  }

  /// The mean of the scores of class and distillation token (arXiv:2012.12877, section 4).
  ///
  /// Each head is halved, which is exact, so that the mean is a sum.
  private mutating func distilledHead(_ x: NodeID) throws -> NodeID {
    let name = model.normalizesFeatures ? "fc_norm" : "norm"
    let selected = try graph.add("selected", SelectRows(first: 0, count: 2), [x])
    let normalized = try layerNorm(name, selected)
    var scores: [NodeID] = []
    for (row, (token, head)) in [("class", "head"), ("distillation", "head_dist")].enumerated() {
      let feature = try graph.add(
        "selected.\(token)", SelectRows(first: row, count: 1), [normalized])
      if row == 0 { graph.landmarks[.features] = feature }
      let weight = try constant("\(head).weight", scaledBy: 0.5)
      let bias = try constant("\(head).bias", scaledBy: 0.5)
      scores.append(try graph.add(head, Linear(), [feature, weight, bias]))
    }
    return try graph.add("logits", Add(), scores)
  }

  // MARK: Parts

  private mutating func layerNorm(_ name: String, _ x: NodeID) throws -> NodeID {
    let operation = LayerNorm(epsilon: model.traits.epsilon)
    return try graph.add(
      name, operation, [x, constant("\(name).weight"), constant("\(name).bias")])
  }

  /// A linear layer; without a bias of its own it gets one of `biasCount` zeros.
  private mutating func linear(
    _ name: String, _ x: NodeID, weightShape: Shape? = nil, hasBias: Bool = true,
    biasCount: Int = 0
  ) throws -> NodeID {
    let weight = try constant("\(name).weight", reshapedTo: weightShape)
    let bias =
      hasBias
      ? try constant("\(name).bias")
      : try graph.add("\(name).bias", Constant(Tensor(zeros: [biasCount])))
    return try graph.add(name, Linear(), [x, weight, bias])
  }

  private mutating func constant(
    _ name: String, reshapedTo shape: Shape? = nil, scaledBy factor: Float = 1
  ) throws -> NodeID {
    var tensor = try archive.tensor(name)
    if let shape { tensor = tensor.reshaped(to: shape) }
    if factor != 1 { tensor = Tensor(tensor.shape, tensor.elements.map { factor * $0 }) }
    return try graph.add(name, Constant(tensor))
  }
}
