import VitqGraph
import VitqOps
import VitqTensor

/// Recognises the parts of a vision transformer in a graph, and names them as timm does.
///
/// Names and landmarks come from structure alone: exporters rename weights and merge equal ones, and what
/// a file calls them is not needed.
struct TransformerRecognition {
  private let graph: Graph
  private let sources: [ONNXNode]
  private let users: [[NodeID]]
  private var names: [String?]
  private var landmarks: [Landmark: NodeID] = [:]
  /// Constants that stand right after another node.
  private var followers: [NodeID: [NodeID]] = [:]

  init(_ translator: GraphTranslator) throws(TranslationError) {
    graph = translator.graph
    sources = translator.sources
    var users = Array(repeating: [NodeID](), count: graph.nodes.count)
    for id in graph.ids { for operand in graph[id].operands { users[operand.index].append(id) } }
    self.users = users
    names = Array(repeating: nil, count: graph.nodes.count)
  }

  /// The graph with names and landmarks.
  ///
  /// - Throws: ``TranslationError`` naming the first node that is no part of such a model.
  consuming func named() throws(TranslationError) -> Graph {
    let embedded = try embedding()
    let stream = try blocks(from: embedded)
    try classifier(of: stream)
    var result = Graph()
    var image: [NodeID: NodeID] = [:]
    for id in order {
      let node = graph[id]
      guard let name = names[id.index] else {
        throw sources[id.index].unsupported(
          expected: "a part of a transformer: embedding, blocks of attention and MLP, classifier",
          found: "\(type(of: node.operation).mnemonic) with another neighbourhood")
      }
      do throws(GraphError) {
        image[id] = try result.add(name, node.operation, node.operands.compactMap { image[$0] })
      } catch {
        throw .graph(.init(sources[id.index]), error)
      }
    }
    result.outputs = graph.outputs.compactMap { image[$0] }
    result.landmarks = landmarks.compactMapValues { image[$0] }
    return result
  }

  /// The nodes in the order in which builders add them: a table of positions right after the values
  /// whose positions it describes.
  private var order: [NodeID] {
    let moved = Set(followers.values.joined())
    return graph.ids.filter { !moved.contains($0) }.flatMap { [$0] + (followers[$0] ?? []) }
  }

  // MARK: Walking

  private func isA<T>(_ id: NodeID?, _ type: T.Type) -> Bool {
    id.map { graph[$0].operation is T } ?? false
  }

  private func unexpected(_ id: NodeID, _ expected: String) -> TranslationError {
    sources[id.index].unsupported(
      expected: expected, found: type(of: graph[id].operation).mnemonic)
  }

  /// The operand at `index` of `id`, which must be of a type.
  private func operand<T>(
    _ index: Int, of id: NodeID, _ type: T.Type, _ what: String
  ) throws(TranslationError) -> NodeID {
    let operand = graph[id].operands[index]
    guard graph[operand].operation is T else { throw unexpected(operand, what) }
    return operand
  }

  /// The only reader of `id`, which must be of a type.
  private func reader<T>(
    of id: NodeID, _ type: T.Type, _ what: String
  ) throws(TranslationError) -> NodeID {
    guard let user = users[id.index].first(where: { isA($0, type) }) else {
      throw unexpected(users[id.index].first ?? id, what)
    }
    return user
  }

  private mutating func name(_ id: NodeID, _ name: String) { names[id.index] = name }

  /// Names a node with a weight and a bias.
  private mutating func nameLayer(_ id: NodeID, _ name: String) {
    self.name(id, name)
    let operands = graph[id].operands
    for (operand, part) in zip(operands.dropFirst(), ["weight", "bias"]) {
      self.name(operand, "\(name).\(part)")
    }
  }

  private var isHierarchical: Bool {
    graph.nodes.contains { $0.operation is MergePatches || $0.operation is AttentionBias }
  }

  // MARK: Embedding

  /// Names everything up to the first block; the result is what it reads.
  private mutating func embedding() throws(TranslationError) -> NodeID {
    guard let patches = graph.ids.first(where: { isA($0, ImagePatches.self) }) else {
      throw .noTransformer("expected a patch embedding, found none")
    }
    let image = graph[patches].operands[0]
    name(image, "image")
    landmarks[.image] = image
    name(patches, "patch_embed.patches")
    var x = try reader(of: patches, Linear.self, "a patch embedding")
    nameLayer(x, "patch_embed.proj")
    landmarks[.patchTokens] = x
    while let next = users[x.index].first, users[x.index].count == 1 {
      if isA(next, Concatenate.self) {
        namePrefix(next)
      } else if isA(next, Add.self), isA(graph[next].operands[1], Constant.self) {
        name(next, "embedding")
        name(graph[next].operands[1], "pos_embed")
        followers[landmarks[.patchTokens] ?? x] = [graph[next].operands[1]]
      } else if isA(next, LayerNorm.self) {
        nameLayer(next, isHierarchical ? "patch_embed.norm" : "norm_pre")
      } else {
        break
      }
      x = next
    }
    return x
  }

  private mutating func namePrefix(_ tokens: NodeID) {
    name(tokens, "tokens")
    let constants = graph[tokens].operands.filter { isA($0, Constant.self) }
    let isDistilled = isA(graph.outputs[0], Add.self)
    var remaining = ["cls_token"] + (isDistilled ? ["dist_token"] : [])
    for constant in constants {
      let isSingle = graph[constant].shape[0] == 1 && !remaining.isEmpty
      name(constant, isSingle ? remaining.removeFirst() : "reg_token")
    }
  }

  // MARK: Blocks

  private mutating func blocks(from embedded: NodeID) throws(TranslationError) -> NodeID {
    let softmaxes = graph.ids.filter { isA($0, Softmax.self) }
    guard !softmaxes.isEmpty else { throw .noTransformer("expected attention, found none") }
    var stream = embedded
    var (stage, place) = (0, 0)
    for (block, softmax) in softmaxes.enumerated() {
      if let merge = users[stream.index].first(where: { isA($0, MergePatches.self) }) {
        (stage, place) = (stage + 1, 0)
        stream = try downsampling(merge, "layers.\(stage).downsample")
      }
      let name = isHierarchical ? "layers.\(stage).blocks.\(place)" : "blocks.\(block)"
      stream = try self.block(block, name, softmax, reading: stream)
      place += 1
    }
    return stream
  }

  private mutating func downsampling(
    _ merge: NodeID, _ name: String
  ) throws(TranslationError) -> NodeID {
    self.name(merge, "\(name).merged")
    let norm = try reader(of: merge, LayerNorm.self, "a normalisation of merged patches")
    nameLayer(norm, "\(name).norm")
    let reduction = try reader(of: norm, Linear.self, "a reduction of merged patches")
    nameLayer(reduction, "\(name).reduction")
    return reduction
  }

  private mutating func block(
    _ block: Int, _ name: String, _ softmax: NodeID, reading stream: NodeID
  ) throws(TranslationError) -> NodeID {
    var h = try attention(block, "\(name).attn", softmax, reading: stream, block: name)
    if let reverse = users[h.index].first, isA(reverse, WindowReverse.self) {
      self.name(reverse, "\(name).attn.grid")
      h = reverse
    }
    let middle = try residual(name, branch: 1, h, onto: stream)
    let norm = try reader(of: middle, LayerNorm.self, "a second normalisation")
    nameLayer(norm, "\(name).norm2")
    let hidden = try reader(of: norm, Linear.self, "the first layer of an MLP")
    nameLayer(hidden, "\(name).mlp.fc1")
    let activation = try reader(of: hidden, GELU.self, "a GELU")
    self.name(activation, "\(name).mlp.act")
    let last = try reader(of: activation, Linear.self, "the second layer of an MLP")
    nameLayer(last, "\(name).mlp.fc2")
    let output = try residual(name, branch: 2, last, onto: middle)
    landmarks[.blockOutput(block: block)] = output
    return output
  }

  /// Names the attention around `softmax`; the result is its projection.
  private mutating func attention(
    _ block: Int, _ name: String, _ softmax: NodeID, reading stream: NodeID, block prefix: String
  ) throws(TranslationError) -> NodeID {
    self.name(softmax, "\(name).softmax")
    landmarks[.attention(block: block)] = softmax
    var scores = graph[softmax].operands[0]
    var offsets: [NodeID] = []
    if isA(scores, AttentionBias.self) {
      self.name(scores, "\(name).biased")
      offsets = Array(graph[scores].operands.dropFirst())
      self.name(offsets[0], "\(name).relative_position_bias")
      if offsets.count == 2 { self.name(offsets[1], "\(prefix).attn_mask") }
      scores = graph[scores].operands[0]
    }
    guard isA(scores, MatMul.self) else { throw unexpected(scores, "scores of queries and keys") }
    self.name(scores, "\(name).scores")
    let context = try reader(of: softmax, MatMul.self, "a product of attention and values")
    self.name(context, "\(name).context")
    let parts = graph[scores].operands + [graph[context].operands[1]]
    var layers: [NodeID] = []
    for (part, letter) in zip(parts, ["q", "k", "v"]) {
      guard isA(part, SplitHeads.self) else { throw unexpected(part, "heads of \(letter)") }
      self.name(part, "\(name).\(letter)")
      layers.append(try operand(0, of: part, Linear.self, "a projection to \(letter)"))
    }
    let isJoint = Set(layers).count == 1
    for (layer, letter) in zip(layers, ["q", "k", "v"]) {
      nameLayer(layer, isJoint ? "\(name).qkv" : "\(name).\(letter)_proj")
    }
    var x = graph[layers[0]].operands[0]
    followers[x] = offsets
    if isA(x, WindowPartition.self) {
      self.name(x, "\(name).windows")
      x = graph[x].operands[0]
    }
    guard isA(x, LayerNorm.self), graph[x].operands[0] == stream else {
      throw unexpected(x, "a normalisation of the residual stream")
    }
    nameLayer(x, "\(prefix).norm1")
    let merged = try reader(of: context, MergeHeads.self, "heads side by side")
    self.name(merged, "\(name).merged")
    landmarks[.attentionOutput(block: block)] = merged
    let projection = try reader(of: merged, Linear.self, "a projection of the heads")
    nameLayer(projection, "\(name).proj")
    return projection
  }

  private mutating func residual(
    _ block: String, branch: Int, _ h: NodeID, onto x: NodeID
  ) throws(TranslationError) -> NodeID {
    var h = h
    if let scale = users[h.index].first, isA(scale, Multiply.self) {
      name(scale, "\(block).ls\(branch)")
      name(graph[scale].operands[1], "\(block).ls\(branch).gamma")
      h = scale
    }
    let sum = try reader(of: h, Add.self, "a residual")
    guard graph[sum].operands == [x, h] else { throw unexpected(sum, "a sum with the stream") }
    name(sum, "\(block).add\(branch)")
    return sum
  }

  // MARK: Classifier

  private mutating func classifier(of stream: NodeID) throws(TranslationError) {
    let logits = graph.outputs[0]
    guard graph[logits].shape.rank == 2, graph[logits].shape[0] == 1 else {
      throw unexpected(logits, "class scores of one image")
    }
    landmarks[.logits] = logits
    var x = stream
    var isPooled = false
    while x != logits, let next = users[x.index].first {
      if isA(next, SelectRows.self), users[x.index].count == 1 {
        name(next, "selected")
      } else if isA(next, LayerNorm.self) {
        nameLayer(next, isPooled && !isHierarchical ? "fc_norm" : "norm")
      } else if isA(next, MeanRows.self) {
        name(next, "pool")
        isPooled = true
      } else if isA(next, Linear.self), next == logits {
        landmarks[.features] = x
        nameLayer(next, isHierarchical ? "head.fc" : "head")
      } else {
        try distilledHeads(of: x)
        return
      }
      x = next
    }
  }

  /// The classifiers of class and distillation token.
  private mutating func distilledHeads(of x: NodeID) throws(TranslationError) {
    let logits = graph.outputs[0]
    guard isA(logits, Add.self) else { throw unexpected(logits, "class scores") }
    name(logits, "logits")
    for (index, (token, head)) in [("class", "head"), ("distillation", "head_dist")].enumerated() {
      let layer = try operand(index, of: logits, Linear.self, "a classifier")
      let feature = try operand(0, of: layer, SelectRows.self, "a selected token")
      guard graph[feature].operands[0] == x else { throw unexpected(feature, "a selected token") }
      if index == 0 { landmarks[.features] = feature }
      name(feature, "selected.\(token)")
      nameLayer(layer, head)
    }
  }
}
