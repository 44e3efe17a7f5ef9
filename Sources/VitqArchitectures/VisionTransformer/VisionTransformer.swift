import VitqCheckpoints
import VitqTensor

/// A plain vision transformer of timm's (ViT, arXiv:2010.11929; DeiT, arXiv:2012.12877): every
/// size and variation that its graph depends on.
package struct VisionTransformer: Sendable, Equatable {
  /// Where the scales of residual branches are, if there are any (LayerScale, arXiv:2103.17239).
  enum LayerScale: Sendable, Equatable {
    case none
    /// `ls1.gamma` and `ls2.gamma`.
    case modules
    /// `gamma_1` and `gamma_2`, as DeiT III's own checkpoints have them.
    case parameters
  }

  let traits: ModelTraits
  let headCount: Int
  let imageHeight: Int
  let imageWidth: Int
  let patchSide: Int
  let width: Int
  let depth: Int
  let hiddenWidth: Int
  let classCount: Int
  let hasClassToken: Bool
  let isDistilled: Bool
  let registerTokenCount: Int
  /// Whether `pos_embed` has rows for prefix tokens too.
  let embedsPrefixTokens: Bool
  let hasPatchBias: Bool
  let hasPreNorm: Bool
  let hasQKVBias: Bool
  let layerScale: LayerScale
  /// Whether the final normalisation follows the pooling (`fc_norm`) instead of preceding it.
  let normalizesFeatures: Bool

  var prefixTokenCount: Int {
    (hasClassToken ? 1 : 0) + (isDistilled ? 1 : 0) + registerTokenCount
  }
  var patchCount: Int { (imageHeight / patchSide) * (imageWidth / patchSide) }
  var headWidth: Int { width / headCount }
}

extension VisionTransformer {
  /// Recognises the model in the names and shapes of its tensors.
  ///
  /// - Throws: ``ArchitectureError`` naming the first tensor that is missing, left over or of the
  ///   wrong shape.
  init(
    _ state: StateDict, _ traits: ModelTraits, imageHeight: Int, imageWidth: Int
  ) throws(ArchitectureError) {
    let sizes = try state.sizes()
    guard state.contains("head.weight") else { throw .noClassifier }
    guard case .global(let headCount) = traits.attention else {
      throw .contradiction(
        quantity: "attention", configuration: "in windows", tensors: "of all tokens")
    }
    self.traits = traits
    self.headCount = headCount
    (self.imageHeight, self.imageWidth) = (imageHeight, imageWidth)
    (width, patchSide, depth) = (sizes.width, sizes.patchSide, sizes.depths[0])
    classCount = try state.required("head.weight", like: [0, sizes.width])[0]
    hiddenWidth = try state.required("blocks.0.mlp.fc1.weight", like: [0, sizes.width])[0]
    hasClassToken = state.contains("cls_token")
    isDistilled = state.contains("dist_token")
    registerTokenCount =
      state.contains("reg_token")
      ? try state.required("reg_token", like: [1, 0, sizes.width])[1] : 0
    hasPatchBias = state.contains("patch_embed.proj.bias")
    hasPreNorm = state.contains("norm_pre.weight")
    hasQKVBias = state.contains("blocks.0.attn.qkv.bias")
    layerScale =
      state.contains("blocks.0.ls1.gamma")
      ? .modules : state.contains("blocks.0.gamma_1") ? .parameters : .none
    normalizesFeatures = state.contains("fc_norm.weight")
    let positions = try state.required("pos_embed", like: [1, 0, sizes.width])
    let patchCount = (imageHeight / sizes.patchSide) * (imageWidth / sizes.patchSide)
    embedsPrefixTokens = positions[1] != patchCount

    try checkSizes()
    try checkPooling()
    let expected: Shape = [1, patchCount + (embedsPrefixTokens ? prefixTokenCount : 0), width]
    guard positions == expected else {
      throw .positionEmbedding(
        expected: expected, found: positions, height: imageHeight, width: imageWidth,
        patch: patchSide)
    }
    try state.check(against: parameters)
  }

  private func checkSizes() throws(ArchitectureError) {
    try checkRange("classes", classCount, 1...1_000_000)
    try checkRange("heads", headCount, 1...256)
    try checkRange("hidden width", hiddenWidth, 1...65_536)
    try checkImage(height: imageHeight, width: imageWidth, patchSide: patchSide)
    guard width.isMultiple(of: headCount) else {
      throw .indivisible(quantity: "width", value: width, by: "num_heads", divisor: headCount)
    }
    try checkRange("tokens", patchCount + prefixTokenCount, 1...65_536)
  }

  private func checkPooling() throws(ArchitectureError) {
    if traits.pooling == .token || isDistilled, !hasClassToken {
      throw .missingTensor("cls_token", expected: [1, 1, width])
    }
    if isDistilled, traits.pooling != .token {
      throw .unsupported(
        quantity: "pooling of a distilled model", found: "'\(traits.pooling.rawValue)'",
        supported: "'token'")
    }
  }

  /// Checks what a configuration says about the tensors against the tensors.
  func check(_ description: TokenDescription) throws(ArchitectureError) {
    func check(_ quantity: String, _ expected: some Equatable, _ found: some Equatable)
      throws(ArchitectureError)
    {
      guard "\(expected)" == "\(found)" else {
        throw .contradiction(
          quantity: quantity, configuration: "\(expected)", tensors: "\(found)")
      }
    }
    try check("num_prefix_tokens", description.prefixTokenCount, prefixTokenCount)
    try check("num_reg_tokens", description.registerTokenCount, registerTokenCount)
    try check("distilled", description.isDistilled, isDistilled)
    try check("pre_norm", description.hasPreNorm, hasPreNorm)
    if prefixTokenCount > 0 {
      try check("no_embed_class", !description.embedsPrefixTokens, !embedsPrefixTokens)
    }
  }
}

// MARK: - Parameters

extension VisionTransformer {
  /// The whole state dict, in the order of execution.
  var parameters: [ArchiveEntry] {
    var result = ParameterList()
    result.addPair("patch_embed.proj", [width, 3, patchSide, patchSide], hasBias: hasPatchBias)
    if hasClassToken { result.add("cls_token", [1, 1, width]) }
    if isDistilled { result.add("dist_token", [1, 1, width]) }
    if registerTokenCount > 0 { result.add("reg_token", [1, registerTokenCount, width]) }
    result.add("pos_embed", [1, patchCount + (embedsPrefixTokens ? prefixTokenCount : 0), width])
    if hasPreNorm { result.addPair("norm_pre", [width]) }
    for block in 0..<depth {
      let name = "blocks.\(block)"
      result.addPair("\(name).norm1", [width])
      result.addPair("\(name).attn.qkv", [3 * width, width], hasBias: hasQKVBias)
      result.addPair("\(name).attn.proj", [width, width])
      if let scale = scaleName(block: block, branch: 1) { result.add(scale, [width]) }
      result.addPair("\(name).norm2", [width])
      result.addPair("\(name).mlp.fc1", [hiddenWidth, width])
      result.addPair("\(name).mlp.fc2", [width, hiddenWidth])
      if let scale = scaleName(block: block, branch: 2) { result.add(scale, [width]) }
    }
    result.addPair(normalizesFeatures ? "fc_norm" : "norm", [width])
    result.addPair("head", [classCount, width])
    if isDistilled { result.addPair("head_dist", [classCount, width]) }
    return result.entries
  }

  /// The scale of residual branch 1 (attention) or 2 (MLP) of a block.
  func scaleName(block: Int, branch: Int) -> String? {
    switch layerScale {
    case .none: nil
    case .modules: "blocks.\(block).ls\(branch).gamma"
    case .parameters: "blocks.\(block).gamma_\(branch)"
    }
  }
}
