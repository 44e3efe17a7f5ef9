/// What a `.vitq` file says about itself beside its tensors; see `formats/vitq.md`.
package struct ModelHeader: Equatable, Sendable {
  package enum Kind: String, Sendable {
    /// Weights by their state-dict names; the architecture is in the attributes. In full precision
    /// unless there is a recipe.
    case graph
    /// A program and its packed weights.
    case program
  }

  /// The file a model was made from.
  package struct Source: Equatable, Sendable {
    /// Its name without folders.
    package var name: String
    /// Its SHA-256 digest in hexadecimal digits.
    package var sha256: String

    package init(name: String, sha256: String) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// The version of the format that this module writes, and the newest it reads.
  package static let formatVersion = 1

  package var kind: Kind
  package var toolVersion: String
  /// How an image becomes the model's input, as `VitqImage.Preprocessing` writes and reads it;
  /// empty if the file does not say.
  package var preprocessing: [String: String] = [:]
  package var source: Source?
  /// How the model was quantized, as text; `nil` of full precision.
  package var recipe: String?
  package var seed: UInt64?
  /// Other metadata; keys do not start with `vitq.`.
  package var attributes: [String: String] = [:]

  /// Whether the model can be quantized: a graph that was not.
  package var isFullPrecision: Bool { kind == .graph && recipe == nil }

  package init(kind: Kind, toolVersion: String) {
    self.kind = kind
    self.toolVersion = toolVersion
  }
}

extension ModelHeader {
  private enum Key {
    static let prefix = "vitq."
    static let preprocessingPrefix = "vitq.preprocessing."
    static let kind = "vitq.kind"
    static let version = "vitq.version"
    static let toolVersion = "vitq.tool_version"
    static let sourceName = "vitq.source.name"
    static let sourceDigest = "vitq.source.sha256"
    static let recipe = "vitq.recipe"
    static let seed = "vitq.seed"
    static let all =
      [kind, version, toolVersion, sourceName, sourceDigest, recipe, seed]
      + Digests.Key.all
  }

  /// The header as metadata, without the digests.
  package var metadata: [String: String] {
    precondition(
      !attributes.keys.contains { $0.hasPrefix(Key.prefix) }, "an attribute has a reserved key")
    var metadata = attributes
    metadata[Key.kind] = kind.rawValue
    metadata[Key.version] = String(Self.formatVersion)
    metadata[Key.toolVersion] = toolVersion
    metadata[Key.sourceName] = source?.name
    metadata[Key.sourceDigest] = source?.sha256
    metadata[Key.recipe] = recipe
    metadata[Key.seed] = seed.map { String($0) }
    for (name, value) in preprocessing { metadata[Key.preprocessingPrefix + name] = value }
    return metadata
  }

  /// Whether metadata are those of a `.vitq` file, of whatever version.
  package static func isPresent(in metadata: [String: String]) -> Bool {
    metadata[Key.version] != nil
  }

  /// Reads the metadata of a file.
  package init(metadata: [String: String]) throws(ModelFileError) {
    guard Self.isPresent(in: metadata) else { throw .notAModel }
    let version = try metadata.wholeNumber(Key.version, in: 1...Int(Int32.max))
    guard version <= Self.formatVersion else {
      throw .newerVersion(found: version, supported: Self.formatVersion)
    }
    attributes = metadata.filter { !$0.key.hasPrefix(Key.prefix) }
    for key in metadata.keys.sorted() where key.hasPrefix(Key.prefix) && !Key.all.contains(key) {
      guard key.hasPrefix(Key.preprocessingPrefix) else { throw .unknownKey(key) }
      preprocessing[String(key.dropFirst(Key.preprocessingPrefix.count))] = metadata[key]
    }
    let kindText = try metadata.required(Key.kind)
    guard let kind = Kind(rawValue: kindText) else {
      throw .invalidValue(key: Key.kind, expected: "graph or program", found: kindText)
    }
    self.kind = kind
    toolVersion = try metadata.required(Key.toolVersion)
    if metadata[Key.sourceName] != nil || metadata[Key.sourceDigest] != nil {
      source = Source(
        name: try metadata.required(Key.sourceName),
        sha256: try metadata.required(Key.sourceDigest))
    }
    recipe = metadata[Key.recipe]
    if let text = metadata[Key.seed] {
      guard let seed = UInt64(text) else {
        throw .invalidValue(key: Key.seed, expected: "a whole number of 64 bits", found: text)
      }
      self.seed = seed
    }
  }
}
