import VitqCheckpoints
import VitqGraph
import VitqOps
import VitqTensor

extension VisionTransformer: Architecture {
  /// The graph of the model, from the normalised image to the class scores.
  ///
  /// The final normalisation acts on each token alone, so tokens that the classifier does not
  /// read are left out before it.
  ///
  /// - Throws: ``ArchitectureError/archive(_:)`` if a tensor cannot be read.
  func graph(weights archive: any TensorArchive) throws(ArchitectureError) -> Graph {
    try GraphBuilder.graph(of: self, weights: archive) { try $0.build() }
  }
}

extension GraphBuilder<VisionTransformer> {
  fileprivate mutating func build() throws {
    var x = try embedding(of: image())
    if model.hasPreNorm { x = try layerNorm("norm_pre", x) }
    for block in 0..<model.depth { x = try transformerBlock(block, x) }
    let logits = model.isDistilled ? try distilledHead(x) : try head(features(x))
    graph.landmarks[.logits] = logits
    graph.outputs = [logits]
  }

  // MARK: Tokens

  fileprivate mutating func embedding(of image: NodeID) throws -> NodeID {
    let width = model.width
    var x = try patchTokens(
      of: image, patchSide: model.patchSide, width: width, hasBias: model.hasPatchBias)
    let count = model.patchCount + (model.embedsPrefixTokens ? model.prefixTokenCount : 0)
    let positions = try constant("pos_embed", reshapedTo: [count, width])
    if !model.embedsPrefixTokens { x = try graph.add("embedding", Add(), [x, positions]) }
    x = try prefixing(x)
    if model.embedsPrefixTokens { x = try graph.add("embedding", Add(), [x, positions]) }
    return x
  }

  /// The tokens `x` after class, distillation and register tokens.
  fileprivate mutating func prefixing(_ x: NodeID) throws -> NodeID {
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

  fileprivate mutating func transformerBlock(_ block: Int, _ x: NodeID) throws -> NodeID {
    let name = "blocks.\(block)"
    let attended = try attention(
      AttentionLayer(
        name: "\(name).attn", block: block, headCount: model.headCount,
        headWidth: model.headWidth, hasBias: model.hasQKVBias),
      layerNorm("\(name).norm1", x))
    let middle = try residual(block, branch: 1, attended, onto: x)
    let h = try perceptron("\(name).mlp", layerNorm("\(name).norm2", middle))
    let output = try residual(block, branch: 2, h, onto: middle)
    graph.landmarks[.blockOutput(block: block)] = output
    return output
  }

  /// x + s h, with the scale s of the branch if there is one.
  fileprivate mutating func residual(
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
  fileprivate mutating func features(_ x: NodeID) throws -> NodeID {
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

  fileprivate mutating func head(_ features: NodeID) throws -> NodeID {
    try linear("head", features)
  }

  /// The mean of the scores of class and distillation token (arXiv:2012.12877, section 4).
  ///
  /// Each head is halved, which is exact, so that the mean is a sum.
  fileprivate mutating func distilledHead(_ x: NodeID) throws -> NodeID {
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
}
