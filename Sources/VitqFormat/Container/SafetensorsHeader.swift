/// The text of a safetensors header, parsed but not yet held against the data behind it.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: StorageType
    var shape: [Int]
    /// As found; their number and order are not checked here.
    var offsets: [Int]
  }

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [Entry] = []

  /// The key of the object that holds text instead of a tensor.
  static let metadataKey = "__metadata__"

  init(_ text: [UInt8]) throws(SafetensorsError) {
    var json = JSONReader(text)
    guard text.first == UInt8(ascii: "{") else {
      throw Self.wrap(
        .unexpected(found: text.first.map { .byte($0) } ?? .end, expected: "'{'"), 0)
    }
    var metadata: [String: String] = [:]
    var tensors: [Entry] = []
    try json.object(wrapping: Self.wrap) { (key, json) throws(SafetensorsError) in
      if key == Self.metadataKey {
        metadata = try Self.metadata(&json)
      } else {
        guard tensors.count < SafetensorsFile.Limit.tensorCount else {
          throw .tooManyTensors(limit: SafetensorsFile.Limit.tensorCount)
        }
        tensors.append(try Self.tensor(key, &json))
      }
    }
    try json.end(wrapping: Self.wrap)
    self.metadata = metadata
    self.tensors = tensors
  }

  private static func metadata(
    _ json: inout JSONReader
  ) throws(SafetensorsError) -> [String: String] {
    var metadata: [String: String] = [:]
    try json.object(wrapping: wrap) { (key, json) throws(SafetensorsError) in
      guard metadata.count < SafetensorsFile.Limit.metadataCount else {
        throw .tooManyMetadataEntries(limit: SafetensorsFile.Limit.metadataCount)
      }
      metadata[key] = try json.string(wrapping: wrap)
    }
    return metadata
  }

  private static func tensor(
    _ name: String, _ json: inout JSONReader
  ) throws(SafetensorsError) -> Entry {
    guard (1...SafetensorsFile.Limit.nameByteCount).contains(name.utf8.count),
      !name.unicodeScalars.contains(where: \.isControl)
    else { throw .invalidName(name) }
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try json.object(wrapping: wrap) { (field, json) throws(SafetensorsError) in
      switch field {
      case "dtype": typeName = try json.string(wrapping: wrap)
      case "shape":
        shape = try json.wholeNumbers(limit: SafetensorsFile.Limit.rank, wrapping: wrap)
      case "data_offsets": offsets = try json.wholeNumbers(limit: 2, wrapping: wrap)
      default: throw .unknownField(tensor: name, field: field)
      }
    }
    guard let typeName else { throw .missingField(tensor: name, field: "dtype") }
    guard let shape else { throw .missingField(tensor: name, field: "shape") }
    guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
    guard let type = StorageType(rawValue: typeName) else {
      throw .unsupportedElementType(tensor: name, found: typeName)
    }
    return Entry(name: name, type: type, shape: shape, offsets: offsets)
  }

  private static func wrap(_ defect: JSONDefect, _ position: Int) -> SafetensorsError {
    .malformedHeader(defect, byteOffset: 8 + position)
  }
}
