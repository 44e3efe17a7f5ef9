import VitqCheckpoints
import VitqTensor

extension StateDict {
  /// The sizes that name an architecture.
  struct Sizes: Equatable {
    /// C, of the first stage.
    let width: Int
    let patchSide: Int
    /// The number of blocks of each stage; a plain transformer has one stage.
    let depths: [Int]
  }

  /// The family that the names of the tensors belong to.
  var family: ModelFamily {
    entries.contains { $0.name.hasPrefix("layers.") } ? .swinTransformer : .visionTransformer
  }

  func sizes() throws(ArchitectureError) -> Sizes {
    let patches = try required("patch_embed.proj.weight", like: [0, 3, 0, 0])
    guard patches[2] == patches[3] else {
      throw .wrongShape(
        tensor: "patch_embed.proj.weight", expected: [patches[0], 3, patches[2], patches[2]],
        found: patches)
    }
    try checkRange("width", patches[0], 8...8192)
    try checkRange("patch side", patches[2], 1...64)
    var depths: [Int] = []
    switch family {
    case .visionTransformer:
      depths = [try depth(of: "blocks", "depth")]
    case .swinTransformer:
      let count = try count(of: "layers")
      try checkRange("stages", count, 1...8)
      for stage in 0..<count {
        depths.append(try depth(of: "layers.\(stage).blocks", "depth of stage \(stage)"))
      }
    }
    return Sizes(width: patches[0], patchSide: patches[2], depths: depths)
  }

  private func depth(of prefix: String, _ quantity: String) throws(ArchitectureError) -> Int {
    let count = try count(of: prefix)
    guard count > 0 else { throw .missingTensor("\(prefix).0.norm1.weight", expected: nil) }
    try checkRange(quantity, count, 1...256)
    return count
  }

  /// One more than the largest number that follows `prefix` in a name; 0 if there is none.
  private func count(of prefix: String) throws(ArchitectureError) -> Int {
    let start = prefix + "."
    let indices = entries.compactMap { entry -> Int? in
      guard entry.name.hasPrefix(start) else { return nil }
      let parts = entry.name.dropFirst(start.count).split(separator: ".", maxSplits: 1)
      return parts.count == 2 ? parts.first.flatMap { Int($0) } : nil
    }
    guard let last = indices.max(), last >= 0 else { return 0 }
    let count = last.addingReportingOverflow(1)
    return count.overflow ? .max : count.partialValue
  }

  /// The known architectures that the tensors could belong to.
  func candidates() throws(ArchitectureError) -> [ArchitectureEntry] {
    let sizes = try sizes()
    let entries = ArchitectureCatalog.all.filter { entry in
      entry.family == family && entry.size.width == sizes.width
        && entry.size.depths == sizes.depths && entry.patchSide == sizes.patchSide
    }
    switch family {
    case .visionTransformer:
      let positions = try required("pos_embed", like: [1, 0, sizes.width])[1]
      let isDistilled = contains("dist_token")
      let prefixCount = (contains("cls_token") ? 1 : 0) + (isDistilled ? 1 : 0)
      return entries.filter { entry in
        entry.patchCount == positions - prefixCount
          && entry.name.contains("_distilled") == isDistilled
      }
    case .swinTransformer:
      var tables: [Shape] = []
      for stage in sizes.depths.indices {
        tables.append(
          try required(
            "layers.\(stage).blocks.0.attn.relative_position_bias_table", like: [0, 0]))
      }
      return entries.filter { $0.biasTables == tables }
    }
  }
}
