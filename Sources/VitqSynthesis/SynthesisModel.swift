package import VitqGraph
package import VitqOps
package import VitqTensor

/// What synthesis needs to know of a model, found by its landmarks.
package struct SynthesisModel: Sendable {
  package let image: NodeID
  package let logits: NodeID
  /// The attention of each block.
  package let attentions: [NodeID]
  /// The attention-weighted values of each block; empty if the model does not name them all.
  package let attentionOutputs: [NodeID]
  /// How the tokens of each block attend to each other.
  package let tokenGroups: [TokenGroups]
  /// [3, H, W].
  package let imageShape: Shape
  package let classCount: Int
  /// The width of the residual stream.
  package let width: Int
  /// Patches from top to bottom and from left to right.
  package let rows: Int
  package let columns: Int
  package let patchSide: Int
  /// Whether a class token, or another one, stands before the patches.
  package let hasOtherTokens: Bool

  package init(_ graph: Graph) throws(SynthesisError) {
    func shape(_ landmark: Landmark) throws(SynthesisError) -> (id: NodeID, shape: Shape) {
      guard let id = graph.landmarks[landmark] else { throw .missingLandmark(landmark) }
      return (id, graph[id].shape)
    }
    func require(
      _ condition: Bool, _ landmark: Landmark, _ requirement: String
    ) throws(SynthesisError) {
      if condition { return }
      throw .unsupportedShape(landmark, found: try shape(landmark).shape, requirement: requirement)
    }

    (image, imageShape) = try shape(.image)
    try require(
      imageShape.rank == 3 && imageShape[0] == 3 && imageShape.elementCount > 0, .image,
      "[3, height, width]")
    let logitsShape: Shape
    (logits, logitsShape) = try shape(.logits)
    try require(
      logitsShape.rank == 2 && logitsShape[0] == 1 && logitsShape[1] > 0, .logits, "[1, classes]")
    classCount = logitsShape[1]

    let patches = try shape(.patchTokens).shape
    try require(patches.rank == 2 && patches[0] > 0, .patchTokens, "[patches, width]")
    let (height, imageWidth) = (imageShape[1], imageShape[2])
    var side = 1
    while height / side * (imageWidth / side) > patches[0] { side += 1 }
    // Smaller sides may give as many whole patches; the side is what a row of them leaves each.
    (rows, columns) = (height / side, imageWidth / side)
    patchSide = height / max(rows, 1)
    try require(rows * columns == patches[0], .patchTokens, "one token for each square patch")
    width = patches[1]

    var attentions: [NodeID] = []
    while let id = graph.landmarks[.attention(block: attentions.count)] { attentions.append(id) }
    let first = try shape(.attention(block: 0)).shape
    let outputs = attentions.indices.compactMap { graph.landmarks[.attentionOutput(block: $0)] }
    var groups: [TokenGroups] = []
    for (block, id) in attentions.enumerated() {
      let landmark = Landmark.attention(block: block)
      let found = graph[id].shape
      let grid = Self.windows(of: id, in: graph)
      let isUsable =
        found.rank == 3 && found[1] == found[2] && found[0] > 0
        && grid.map { found[1] == $0.windowTokenCount && found[0] % $0.windowCount == 0 }
          ?? (found == first && found[1] >= patches[0])
      try require(
        isUsable, landmark,
        "[heads, tokens, tokens] with all patches, the same in each block, or of windows")
      let heads = found[0] / (grid?.windowCount ?? 1)
      let valueWidth = outputs.count == attentions.count ? graph[outputs[block]].shape.width : width
      groups.append(
        TokenGroups(
          count: grid?.windowCount ?? 1, tokens: found[1], heads: heads,
          headWidth: valueWidth / heads, otherTokens: grid == nil ? found[1] - patches[0] : 0,
          rows: grid?.windowHeight ?? rows, columns: grid?.windowWidth ?? columns,
          areWindows: grid != nil))
    }
    hasOtherTokens = groups.contains { $0.otherTokens > 0 }
    self.attentions = attentions
    tokenGroups = groups
    attentionOutputs = outputs.count == attentions.count ? outputs : []
  }

  /// Whether tokens attend within windows.
  package var isWindowed: Bool { tokenGroups.contains(where: \.areWindows) }

  /// The windows that the tokens of an attention were cut into last; `nil` if there are none.
  package static func windows(of attention: NodeID, in graph: Graph) -> WindowGrid? {
    var id = attention
    while let operand = graph[id].operands.first {
      if let partition = graph[id].operation as? WindowPartition { return partition.grid }
      id = operand
    }
    return nil
  }
}
