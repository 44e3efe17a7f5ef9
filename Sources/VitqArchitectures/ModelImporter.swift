package import VitqCheckpoints
package import VitqFormat
package import VitqGraph
package import VitqImage

/// A model made of weights and a description.
package struct ImportedModel: Sendable {
  package let graph: Graph
  package let preprocessing: Preprocessing
  /// One for each class score, or none if the file has none.
  package let labels: [Label]
  /// timm's name without the tag, or `vit` or `swin` if nobody gave one.
  package let architectureName: String
  /// What was decided without being written in the file, for the user to see.
  package let notes: [String]
}

/// Makes models of weights, whatever file they come from.
package enum ModelImporter {
  /// The metadata key under which vitq's exporter puts the configuration (formats/hdf5.md).
  static let embeddedConfiguration = "config"

  /// Builds the graph of a vision transformer or Swin Transformer of timm's.
  ///
  /// - Parameters:
  ///   - archive: The weights. Their own configuration is used if `configurationText` is `nil`.
  ///   - configurationText: The text of timm's `config.json`, from beside the weights.
  ///   - architecture: timm's name of the model, for weights without a configuration.
  ///   - labels: The names of the classes, instead of those of the configuration.
  /// - Returns: The model.
  /// - Throws: ``ArchitectureError`` naming the key or the first tensor that does not fit.
  package static func model(
    from archive: any TensorArchive, configurationText: String? = nil,
    architecture: String? = nil, labels: [String]? = nil
  ) throws(ArchitectureError) -> ImportedModel {
    let text =
      configurationText ?? archive.metadata[ArchiveMetadata.configuration]
      ?? archive.metadata[embeddedConfiguration]
    let configuration = try text.map { (text) throws(ArchitectureError) in
      try ModelConfiguration(parsing: text)
    }
    let isSwin = StateDict(archive.entries).family == .swinTransformer
    let weights: any TensorArchive = isSwin ? SwinArchive(archive) : archive
    let state = StateDict(weights.entries)
    try state.checkParts()
    let resolution = try ModelTraits.resolve(configuration, named: architecture, for: state)
    let preprocessing = try preprocessing(configuration, resolution.entry)
    let (height, width) = (preprocessing.inputHeight, preprocessing.inputWidth)
    let model: any Architecture
    if isSwin {
      model = try SwinTransformer(
        state, resolution.traits, imageHeight: height, imageWidth: width)
    } else {
      let transformer = try VisionTransformer(
        state, resolution.traits, imageHeight: height, imageWidth: width)
      if let tokens = configuration?.description?.tokens { try transformer.check(tokens) }
      model = transformer
    }
    if let count = configuration?.classCount, count != model.classCount {
      throw .contradiction(
        quantity: "num_classes", configuration: "\(count)", tensors: "\(model.classCount)")
    }
    return ImportedModel(
      graph: try model.graph(weights: weights), preprocessing: preprocessing,
      labels: try self.labels(given: labels, configuration, classCount: model.classCount),
      architectureName: resolution.name ?? (isSwin ? "swin" : "vit"), notes: resolution.notes)
  }

  /// timm's name of the model, `nil` if nobody gives one.
  ///
  /// - Throws: ``ArchitectureError`` if two names are given, or that of an unsupported family.
  static func architectureName(
    _ configuration: ModelConfiguration?, given: String?
  ) throws(ArchitectureError) -> String? {
    let given = given.map(ArchitectureCatalog.canonical)
    if let given, let found = configuration?.architecture, given != found {
      throw .conflict(quantity: "architecture", given: given, found: found)
    }
    let name = configuration?.architecture ?? given
    if let name, let family = ArchitectureCatalog.unsupportedFamily(of: name) {
      throw .unsupportedArchitecture(name, family: family)
    }
    return name
  }

  static func preprocessing(
    _ configuration: ModelConfiguration?, _ entry: ArchitectureEntry?
  ) throws(ArchitectureError) -> Preprocessing {
    if let configuration { return try configuration.preprocessing(fallback: entry) }
    guard let entry else {
      throw .missingConfiguration(key: "pretrained_cfg.input_size")
    }
    return entry.preprocessing
  }

  static func labels(
    given: [String]?, _ configuration: ModelConfiguration?, classCount: Int
  ) throws(ArchitectureError) -> [Label] {
    let descriptions = configuration?.labelDescriptions ?? [:]
    guard let names = given ?? configuration?.labelNames else { return [] }
    guard names.count == classCount else {
      throw .labelCount(classes: classCount, labels: names.count)
    }
    return names.map { Label(name: $0, description: descriptions[$0]) }
  }
}
