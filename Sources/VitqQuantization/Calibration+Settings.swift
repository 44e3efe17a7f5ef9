import VitqGraph
import VitqOps

/// What the recipe says about each layer and value.
extension Calibration {
  /// Bits of the weights of a linear layer.
  func weightBits(of id: NodeID) -> Int {
    setting(of: id, \.weightBits) ?? (keepsEightBits(id) ? 8 : recipe.weightBits)
  }

  func weightCodes(of id: NodeID) -> QuantizationRecipe.WeightCodes {
    setting(of: id, \.weightCodes) ?? recipe.weightCodes
  }

  /// What looks for the quantizers of the weights of a linear layer.
  func weightSearch(of id: NodeID) -> WeightSearch {
    WeightSearch(
      bits: weightBits(of: id), codes: weightCodes(of: id), scales: recipe.weightScales)
  }

  /// Bits of a value: the most that one of its readers asks for.
  func activationBits(of id: NodeID) -> Int {
    let bits = readers(of: id).map { reader in
      setting(of: reader, \.activationBits)
        ?? (keepsEightBits(reader) ? 8 : recipe.activationBits)
    }
    return bits.max() ?? recipe.activationBits
  }

  func activationCodes(
    of id: NodeID, _ role: QuantizerReport.Role
  ) -> QuantizationRecipe.ActivationCodes {
    if let codes = readers(of: id).lazy.compactMap({ setting(of: $0, \.activationCodes) }).first {
      return codes
    }
    switch source[selectedFrom(id)].operation {
    case is GELU: return recipe.geluCodes
    case is LayerNorm: return recipe.normalizedCodes
    default:
      return role == .activation && !(source[id].operation is MergeHeads)
        ? .uniform : recipe.headCodes
    }
  }

  /// Bits of the grid that the levels of a codebook lie on.
  ///
  /// What GELU gives crowds at the low end of its range and needs steps as fine as they come. Other
  /// values spread over theirs, where 8 steps for each level lose nothing.
  func gridBits(of id: NodeID) -> Int {
    let isCrowded = source[selectedFrom(id)].operation is GELU
    return isCrowded ? 8 : min(activationBits(of: id) + 3, 8)
  }

  func attentionCodes(of id: NodeID) -> QuantizationRecipe.ActivationCodes {
    readers(of: id).lazy.compactMap { setting(of: $0, \.attentionCodes) }.first
      ?? recipe.attentionCodes
  }

  /// What the last override that matches a layer and says something says.
  private func setting<T>(of id: NodeID, _ value: (LayerOverride) -> T?) -> T? {
    for override in recipe.overrides.reversed() where override.matches(source[id].name) {
      if let found = value(override) { return found }
    }
    return nil
  }

  /// The layers and products that read the codes of a value, directly or as heads.
  private func readers(of id: NodeID) -> [NodeID] {
    users[id.index].flatMap { user in
      source[user].operation.isMovement ? readers(of: user) : [user]
    }
  }

  /// The value whose rows a value selects or reorders.
  func selectedFrom(_ id: NodeID) -> NodeID {
    let operation = source[id].operation
    return operation is SelectRows || operation is WindowPartition
      ? selectedFrom(source[id].operands[0]) : id
  }

  private func keepsEightBits(_ id: NodeID) -> Bool {
    recipe.keepsEdgesAt8Bits && (isEmbedding(id) || isClassifier(id))
  }

  private func isEmbedding(_ id: NodeID) -> Bool {
    source[id].operation is Linear
      && source[source[id].operands[0]].operation is ImagePatches
  }

  /// Whether the channels of a normalisation that only `layers` read are brought to one range
  /// (method.md 3.2): those of a block, with `repq` of patch merging too.
  func rescalesChannels(of norm: NodeID, readBy layers: [NodeID]) -> Bool {
    guard recipe.rescalesNormalizedChannels, !layers.contains(where: isClassifier) else {
      return false
    }
    let isMerging = source[source[norm].operands[0]].operation is MergePatches
    return !isMerging || recipe.learner == .repq
  }

  /// Whether the layer's result is the output, or a term of it.
  func isClassifier(_ id: NodeID) -> Bool {
    if source.outputs.contains(id) { return true }
    let readers = users[id.index]
    return !readers.isEmpty
      && readers.allSatisfy { source[$0].operation is Add && source.outputs.contains($0) }
  }
}

extension Operation {
  /// Whether the operation moves codes without reading them as numbers.
  fileprivate var isMovement: Bool {
    self is SplitHeads || self is SelectRows || self is ImagePatches || self is WindowPartition
  }
}
