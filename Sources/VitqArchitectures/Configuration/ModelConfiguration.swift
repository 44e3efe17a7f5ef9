/// timm's description of a model: its `config.json`, of the new or the old form.
///
/// The new form keeps preprocessing under `pretrained_cfg` and what vitq's exporter adds under
/// `vitq`; the old form is one flat object. See formats/hdf5.md.
struct ModelConfiguration: Sendable {
  /// timm's name without the tag.
  let architecture: String?
  let classCount: Int?
  let globalPool: String?
  let labelNames: [String]?
  let labelDescriptions: [String: String]
  let modelArguments: JSONObject?
  let preprocessing: JSONObject
  let description: ModelDescription?

  /// As formats/hdf5.md bounds it.
  private static let byteLimit = 16 << 20
  private static let labelLimit = 100_000

  /// Parses the text of a `config.json`.
  ///
  /// - Throws: ``ArchitectureError`` naming the key at fault.
  init(parsing text: String) throws(ArchitectureError) {
    let root = try JSONObject(JSONValue(parsing: text, limit: Self.byteLimit))
    if root.values["architecture"] == nil,
      root.values["model_type"] != nil || root.values["architectures"] != nil
    {
      throw .foreignConfiguration(library: "transformers")
    }
    let isOldForm = root.values["pretrained_cfg"] == nil
    architecture = try root.string("architecture").map(ArchitectureCatalog.untagged)
    preprocessing = try root.object("pretrained_cfg") ?? root
    let topLevelCount = try root.count("num_classes")
    let nestedCount = try preprocessing.count("num_classes")
    classCount = topLevelCount ?? nestedCount
    globalPool = try root.string("global_pool")
    modelArguments = try root.object("model_args")
    description = try root.object("vitq").map { (vitq) throws(ArchitectureError) in
      try ModelDescription(vitq)
    }

    func labels(_ key: String, of object: JSONObject) throws(ArchitectureError) -> [String]? {
      try object.value(key, "a list of at most \(Self.labelLimit) strings") { value in
        value.strings.flatMap { $0.count <= Self.labelLimit ? $0 : nil }
      }
    }
    var names = try labels("label_names", of: root)
    if names == nil { names = try labels("label_names", of: preprocessing) }
    if names == nil, isOldForm { names = try labels("labels", of: root) }
    labelNames = names
    labelDescriptions = try Self.descriptions(of: root, preprocessing, names: names)
  }

  /// Descriptions by label name; the file has them by name or as a list in the same order.
  private static func descriptions(
    of root: JSONObject, _ preprocessing: JSONObject, names: [String]?
  ) throws(ArchitectureError) -> [String: String] {
    let object = root.values["label_descriptions"] == nil ? preprocessing : root
    return try object.value("label_descriptions", "an object of strings, or a list like the names")
    { value in
      if let list = value.strings, let names, list.count == names.count {
        return Dictionary(zip(names, list)) { first, _ in first }
      }
      guard case .object(let values) = value else { return nil }
      let texts = values.compactMapValues(\.string)
      return texts.count == values.count ? texts : nil
    } ?? [:]
  }
}
