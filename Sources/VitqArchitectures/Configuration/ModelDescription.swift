/// The object `vitq` of a configuration, which says everything that the state dict does not.
struct ModelDescription: Sendable {
  let traits: ModelTraits
  /// Of a plain vision transformer only.
  let tokens: TokenDescription?

  /// Reads the object; every key of the family is required.
  init(_ object: JSONObject) throws(ArchitectureError) {
    let epsilon = try object.number("layer_norm_epsilon", "a number above 0") {
      $0 > 0 && $0 < 1
    }
    let attention: ModelTraits.Attention
    if object.values["window_size"] == nil {
      attention = .global(
        headCount: try object.required("num_heads", object.count("num_heads")))
      tokens = try TokenDescription(object)
    } else {
      attention = .windowed(
        ModelTraits.Windows(
          sizes: try object.windowSizes("window_size", stageCount: nil),
          alwaysPartitions: try object.required(
            "always_partition", object.bool("always_partition"))))
      tokens = nil
    }
    traits = ModelTraits(
      attention: attention,
      epsilon: Float(try object.required("layer_norm_epsilon", epsilon)),
      activation: try .init(timm: object.required("activation", object.string("activation"))),
      pooling: try .init(timm: object.required("global_pool", object.string("global_pool"))))
  }
}

/// What the object `vitq` of a vision transformer says that the state dict says too.
struct TokenDescription: Sendable {
  let prefixTokenCount: Int
  let registerTokenCount: Int
  let embedsPrefixTokens: Bool
  let isDistilled: Bool
  let hasPreNorm: Bool

  /// Reads the object; every key is required.
  init(_ object: JSONObject) throws(ArchitectureError) {
    prefixTokenCount = try object.required("num_prefix_tokens", object.count("num_prefix_tokens"))
    registerTokenCount = try object.required("num_reg_tokens", object.count("num_reg_tokens"))
    embedsPrefixTokens = try !object.required("no_embed_class", object.bool("no_embed_class"))
    isDistilled = try object.required("distilled", object.bool("distilled"))
    hasPreNorm = try object.required("pre_norm", object.bool("pre_norm"))
    guard try !object.required("qk_norm", object.bool("qk_norm")) else {
      throw .unsupported(quantity: "qk_norm", found: "true", supported: "false")
    }
  }
}

extension JSONObject {
  fileprivate func required<T>(_ key: String, _ value: T?) throws(ArchitectureError) -> T {
    guard let value else { throw .missingConfiguration(key: self.key(key)) }
    return value
  }

  /// timm's `window_size`: one side, one height and width, or one of either for each stage.
  ///
  /// - Parameter stageCount: The number of stages; `nil` if only the last form is allowed.
  /// - Returns: The windows of the stages, or `nil` if there is no such key.
  func windowSizes(_ name: String, stageCount: Int?) throws(ArchitectureError) -> [WindowSize]? {
    try value(name, "sides of windows, as one of timm's forms") { value in
      if let stageCount, let size = value.windowSize {
        return Array(repeating: size, count: stageCount)
      }
      guard case .array(let values) = value else { return nil }
      let sizes = values.compactMap(\.windowSize)
      return sizes.count == values.count && !sizes.isEmpty ? sizes : nil
    }
  }
}

extension JSONValue {
  /// A side, or a height and a width.
  fileprivate var windowSize: WindowSize? {
    if let side = count { return side > 0 ? WindowSize(height: side, width: side) : nil }
    guard case .array(let values) = self, values.count == 2, let height = values[0].count,
      let width = values[1].count, height > 0, width > 0
    else { return nil }
    return WindowSize(height: height, width: width)
  }
}
