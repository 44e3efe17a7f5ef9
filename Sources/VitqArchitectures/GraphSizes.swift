import VitqGraph
import VitqOps
import VitqTensor

/// The sizes of a model as its graph shows them.
struct GraphSizes: Equatable {
  let imageHeight: Int
  let imageWidth: Int
  let classCount: Int
  let patchSide: Int
  let patchCount: Int
  let isDistilled: Bool
  let isHierarchical: Bool
  /// Of each run of blocks of the same width.
  private(set) var widths: [Int] = []
  private(set) var depths: [Int] = []
  private(set) var headCounts: [Int] = []
  /// The tokens that attend to each other in the first block of each run.
  private(set) var windowTokenCounts: [Int] = []

  /// - Throws: ``ArchitectureError/missingLandmark(_:)`` if the graph does not say where its parts are.
  init(_ graph: Graph) throws(ArchitectureError) {
    func shape(_ landmark: Landmark) throws(ArchitectureError) -> [Int] {
      guard let id = graph.landmarks[landmark] else { throw .missingLandmark(landmark) }
      return graph[id].shape.dimensions
    }
    let (image, tokens, logits) = (
      try shape(.image), try shape(.patchTokens), try shape(.logits)
    )
    (imageHeight, imageWidth) = (image[1], image[2])
    classCount = logits[1]
    patchCount = tokens[0]
    patchSide =
      graph.nodes.lazy.compactMap { ($0.operation as? ImagePatches)?.side }.first ?? 0
    isDistilled = graph.outputs.contains { graph[$0].operation is Add }
    isHierarchical = graph.nodes.contains { $0.operation is WindowPartition }
    var block = 0
    while let merged = graph.landmarks[.attentionOutput(block: block)] {
      let width = graph[merged].shape.width
      if widths.last == width {
        depths[depths.count - 1] += 1
      } else {
        widths.append(width)
        depths.append(1)
        let weights = try shape(.attention(block: block))
        let windows = (graph[merged].operation as? MergeHeads)?.windows ?? 1
        headCounts.append(weights[0] / windows)
        windowTokenCounts.append(weights[1])
      }
      block += 1
    }
  }

  /// Whether a model of timm's has these sizes.
  func fit(_ entry: ArchitectureEntry) -> Bool {
    let family: ModelFamily = isHierarchical ? .swinTransformer : .visionTransformer
    let isSame =
      entry.family == family && entry.size.width == widths.first && entry.size.depths == depths
      && entry.size.headCounts == headCounts && entry.patchSide == patchSide
      && entry.patchCount == patchCount && entry.name.contains("_distilled") == isDistilled
    guard isSame, isHierarchical else { return isSame }
    return zip(entry.biasTables, windowTokenCounts).allSatisfy { table, count in
      let side = (Int(Double(table[0]).squareRoot().rounded()) + 1) / 2
      return side * side == count
    }
  }
}
