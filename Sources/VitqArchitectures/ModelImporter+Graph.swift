package import VitqGraph
import VitqImage

extension ModelImporter {
  /// Describes a model whose graph is there already, as that of an ONNX file is.
  ///
  /// - Parameters:
  ///   - graph: The graph, with landmarks.
  ///   - metadata: The texts stored beside it, by key, as vitq's exporter writes them.
  ///   - configurationText: The text of timm's `config.json`, instead of that in `metadata`.
  ///   - architecture: timm's name of the model, for files without a configuration.
  ///   - labels: The names of the classes, instead of those of the configuration.
  /// - Returns: The model.
  /// - Throws: ``ArchitectureError`` naming the key that does not fit the graph, or the architectures
  ///   that do if nothing names one.
  package static func model(
    of graph: Graph, metadata: [String: String], configurationText: String? = nil,
    architecture: String? = nil, labels: [String]? = nil
  ) throws(ArchitectureError) -> ImportedModel {
    let text = configurationText ?? metadata[embeddedConfiguration]
    let configuration = try text.map { (text) throws(ArchitectureError) in
      try ModelConfiguration(parsing: text)
    }
    let sizes = try GraphSizes(graph)
    let name = try architectureName(configuration, given: architecture)
    var entry = name.flatMap(ArchitectureCatalog.entry(named:))
    var notes: [String] = []
    if entry == nil, configuration == nil {
      if let name { throw .unknownArchitecture(name) }
      let candidates = ArchitectureCatalog.all.filter(sizes.fit)
      guard candidates.count == 1 else {
        throw .ambiguousArchitecture(candidates: candidates.map(\.name))
      }
      entry = candidates[0]
      notes.append(
        "preprocessing as timm's \(candidates[0].name), the only one of these sizes")
    }
    if let entry, configuration == nil, !sizes.fit(entry) {
      throw .contradiction(
        quantity: "sizes of \(entry.name)",
        configuration: "width \(entry.size.width), blocks \(entry.size.depths), "
          + "heads \(entry.size.headCounts), patches of \(entry.patchSide)",
        tensors: "width \(sizes.widths.first ?? 0), blocks \(sizes.depths), "
          + "heads \(sizes.headCounts), patches of \(sizes.patchSide)")
    }
    let preprocessing = try self.preprocessing(configuration, entry)
    let (height, width) = (preprocessing.inputHeight, preprocessing.inputWidth)
    guard (height, width) == (sizes.imageHeight, sizes.imageWidth) else {
      throw .contradiction(
        quantity: "input_size", configuration: "\(height) × \(width)",
        tensors: "\(sizes.imageHeight) × \(sizes.imageWidth)")
    }
    if let count = configuration?.classCount, count != sizes.classCount {
      throw .contradiction(
        quantity: "num_classes", configuration: "\(count)", tensors: "\(sizes.classCount)")
    }
    return ImportedModel(
      graph: graph, preprocessing: preprocessing,
      labels: try self.labels(given: labels, configuration, classCount: sizes.classCount),
      architectureName: entry?.name ?? name ?? (sizes.isHierarchical ? "swin" : "vit"),
      notes: notes)
  }
}
