import VitqCheckpoints
import VitqTensor

/// The names and shapes of a model's tensors.
struct StateDict: Sendable {
  /// In file order.
  let entries: [ArchiveEntry]
  private let shapes: [String: Shape]

  /// Tensors that training leaves behind and inference does not read.
  private static let ignored: Set<String> = ["mask_token"]

  /// Name parts of what no builder has, with what they belong to.
  private static let unsupportedParts: [(name: String, part: String)] = [
    ("q_norm", "normalisation of queries and keys"),
    ("k_norm", "normalisation of queries and keys"),
    ("attn_pool", "attention pooling"), ("w12", "SwiGLU"), ("fc1_g", "SwiGLU"),
    ("relative_position_bias_table", "relative position bias"),
    ("relative_position_index", "relative position bias"), ("rel_pos", "relative position bias"),
    ("q_bias", "a query bias beside qkv"), ("v_bias", "a value bias beside qkv"),
    ("logit_scale", "cosine attention"), ("pre_logits", "a representation layer before the head"),
    ("rope", "rotary position embedding"), ("lambda_q1", "differential attention"),
    ("downsample", "a hierarchical transformer such as Swin"),
    ("layers", "a hierarchical transformer such as Swin"),
    ("backbone", "a convolutional stem"),
  ]

  init(_ entries: [ArchiveEntry]) {
    self.entries = entries.filter { !Self.ignored.contains($0.name) }
    shapes = Dictionary(self.entries.map { ($0.name, $0.shape) }) { first, _ in first }
  }

  func shape(_ name: String) -> Shape? { shapes[name] }
  func contains(_ name: String) -> Bool { shapes[name] != nil }

  /// Checks that no tensor belongs to a part that is known not to be supported.
  func checkParts() throws(ArchitectureError) {
    for entry in entries {
      let names = Set(entry.name.split(separator: ".").map(String.init))
      if let found = Self.unsupportedParts.first(where: { names.contains($0.name) }) {
        throw .unsupportedPart(tensor: entry.name, part: found.part)
      }
    }
  }

  /// The shape of a tensor without which nothing can be said about the model.
  ///
  /// - Parameters:
  ///   - name: The tensor.
  ///   - pattern: The expected extents, 0 for one that the tensor itself decides.
  /// - Returns: Its shape.
  /// - Throws: ``ArchitectureError`` if it is missing or of another shape.
  func required(_ name: String, like pattern: Shape) throws(ArchitectureError) -> Shape {
    guard let shape = shapes[name] else { throw .missingTensor(name, expected: nil) }
    let fits = zip(shape.dimensions, pattern.dimensions).allSatisfy { found, expected in
      expected == 0 ? found > 0 : found == expected
    }
    guard shape.rank == pattern.rank, fits else {
      throw .wrongShape(tensor: name, expected: pattern, found: shape)
    }
    return shape
  }

  /// Checks that the tensors are exactly `parameters`.
  ///
  /// - Throws: ``ArchitectureError`` naming the first of `parameters` that is missing or has
  ///   another shape, else the first tensor of the file that is left over.
  func check(against parameters: [ArchiveEntry]) throws(ArchitectureError) {
    for parameter in parameters {
      guard let found = shapes[parameter.name] else {
        throw .missingTensor(parameter.name, expected: parameter.shape)
      }
      guard found == parameter.shape else {
        throw .wrongShape(tensor: parameter.name, expected: parameter.shape, found: found)
      }
    }
    let names = Set(parameters.map(\.name))
    if let entry = entries.first(where: { !names.contains($0.name) }) {
      throw .leftOverTensor(entry.name, found: entry.shape)
    }
  }
}

// MARK: - Sizes

extension StateDict {
  /// The sizes that name an architecture.
  struct Sizes {
    let width: Int
    let patchSide: Int
    let depth: Int
  }

  func sizes() throws(ArchitectureError) -> Sizes {
    let patches = try required("patch_embed.proj.weight", like: [0, 3, 0, 0])
    guard patches[2] == patches[3] else {
      throw .wrongShape(
        tensor: "patch_embed.proj.weight", expected: [patches[0], 3, patches[2], patches[2]],
        found: patches)
    }
    let indices = entries.compactMap { entry -> Int? in
      let parts = entry.name.split(separator: ".", maxSplits: 2)
      return parts.count == 3 && parts[0] == "blocks" ? Int(parts[1]) : nil
    }
    guard let last = indices.max(), last >= 0 else {
      throw .missingTensor("blocks.0.norm1.weight", expected: [patches[0]])
    }
    let depth = last.addingReportingOverflow(1)
    try checkRange("depth", depth.overflow ? .max : depth.partialValue, 1...256)
    try checkRange("width", patches[0], 8...8192)
    try checkRange("patch side", patches[2], 1...64)
    return Sizes(width: patches[0], patchSide: patches[2], depth: depth.partialValue)
  }

  /// The known architectures that the tensors could belong to.
  func candidates() throws(ArchitectureError) -> [ArchitectureEntry] {
    let sizes = try sizes()
    let positions = try required("pos_embed", like: [1, 0, sizes.width])[1]
    let isDistilled = contains("dist_token")
    let prefixCount = (contains("cls_token") ? 1 : 0) + (isDistilled ? 1 : 0)
    return ArchitectureCatalog.entries(
      width: sizes.width, depth: sizes.depth, patchSide: sizes.patchSide,
      patchCount: positions - prefixCount, isDistilled: isDistilled)
  }
}

/// Checks that a quantity that comes from a file is sane.
func checkRange(
  _ quantity: String, _ found: Int, _ range: ClosedRange<Int>
) throws(ArchitectureError) {
  guard range.contains(found) else {
    throw .outOfRange(quantity: quantity, range: range, found: found)
  }
}
