extension ModelTraits {
  /// What the configuration of a file or the name of its architecture tells.
  struct Resolution {
    let traits: ModelTraits
    let entry: ArchitectureEntry?
    /// timm's name without the tag, if there is one.
    let name: String?
    let notes: [String]
  }

  /// The traits of a model, from the first of: the configuration's `vitq`, its architecture with
  /// `model_args`, the name given by the caller, the only known architecture of the same sizes.
  ///
  /// - Throws: ``ArchitectureError`` if none tells, or if two disagree.
  static func resolve(
    _ configuration: ModelConfiguration?, named given: String?, for state: StateDict
  ) throws(ArchitectureError) -> Resolution {
    let name = try ModelImporter.architectureName(configuration, given: given)
    let entry = name.flatMap(ArchitectureCatalog.entry(named:))
    if let traits = configuration?.description?.traits {
      return Resolution(traits: traits, entry: entry, name: name, notes: [])
    }
    if let name {
      guard let entry else { throw .unknownArchitecture(name) }
      let traits = try entry.traits.overridden(by: configuration, for: state)
      if configuration?.modelArguments == nil { try entry.check(against: state) }
      return Resolution(
        traits: traits, entry: entry, name: name, notes: ["\(traits.summary), as timm's \(name)"])
    }
    let candidates = try state.candidates()
    guard candidates.count == 1 else {
      throw .ambiguousArchitecture(candidates: candidates.map(\.name))
    }
    let only = candidates[0]
    let traits = try only.traits.overridden(by: configuration, for: state)
    return Resolution(
      traits: traits, entry: only, name: only.name,
      notes: ["\(traits.summary), as timm's \(only.name), the only one of these sizes"])
  }

  private var summary: String {
    let attention =
      switch attention {
      case .global(let headCount): "\(headCount) heads"
      case .windowed: "attention in windows"
      }
    return "\(attention), epsilon \(epsilon), \(activation) GELU, \(pooling) pooling"
  }

  /// Arguments that change which tensors there are, or nothing at inference; a change of the
  /// tensors is noticed when their shapes are checked.
  private static let harmlessArguments: Set<String> = [
    "img_size", "patch_size", "in_chans", "num_classes", "embed_dim", "depth", "mlp_ratio",
    "qkv_bias", "qk_norm", "init_values", "class_token", "no_embed_class", "reg_tokens",
    "pre_norm", "fc_norm", "final_norm", "dynamic_img_size", "dynamic_img_pad", "drop_rate",
    "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate",
    "weight_init", "fix_init", "strict_img_size", "proj_bias", "scale_attn_norm",
    "scale_mlp_norm", "depths", "head_dim",
  ]

  /// The traits with what the configuration says otherwise.
  ///
  /// - Throws: ``ArchitectureError`` for an argument whose effect is not known.
  private func overridden(
    by configuration: ModelConfiguration?, for state: StateDict
  ) throws(ArchitectureError) -> ModelTraits {
    var traits = self
    if let pooling = configuration?.globalPool { traits.pooling = try .init(timm: pooling) }
    guard let arguments = configuration?.modelArguments else { return traits }
    for name in arguments.values.keys.sorted() where !Self.harmlessArguments.contains(name) {
      switch name {
      case "num_heads":
        guard traits.family == .visionTransformer else { continue }
        if let count = try arguments.count(name) { traits.attention = .global(headCount: count) }
      case "window_size", "always_partition":
        guard case .windowed(var windows) = traits.attention else {
          throw arguments.unsupported(name)
        }
        if name == "window_size" {
          windows.sizes = try arguments.windowSizes(
            name, stageCount: state.sizes().depths.count)
        } else {
          windows.alwaysPartitions = try arguments.bool(name) ?? false
        }
        traits.attention = .windowed(windows)
      case "act_layer":
        if let form = try arguments.string(name) { traits.activation = try .init(timm: form) }
      case "global_pool":
        if let pooling = try arguments.string(name) { traits.pooling = try .init(timm: pooling) }
      default:
        if let value = arguments.values[name], value == .null || value == .bool(false) {
          continue
        }
        throw arguments.unsupported(name)
      }
    }
    return traits
  }
}

extension JSONObject {
  /// The error of an argument whose effect is not known.
  fileprivate func unsupported(_ name: String) -> ArchitectureError {
    .unsupported(
      quantity: "configuration key '\(key(name))'", found: values[name]?.summary ?? "none",
      supported: "no such argument")
  }
}

extension ArchitectureEntry {
  /// Checks that tensors have the sizes that the name promises.
  fileprivate func check(against state: StateDict) throws(ArchitectureError) {
    let sizes = try state.sizes()
    func text(_ depths: [Int]) -> String { depths.map(String.init).joined(separator: " + ") }
    let quantities = [
      ("family", family.rawValue, state.family.rawValue),
      ("width", "\(size.width)", "\(sizes.width)"),
      ("depth", text(size.depths), text(sizes.depths)),
      ("patch side", "\(patchSide)", "\(sizes.patchSide)"),
    ]
    for (quantity, expected, found) in quantities where expected != found {
      throw .contradiction(
        quantity: "\(quantity) of \(name)", configuration: expected, tensors: found)
    }
  }
}
