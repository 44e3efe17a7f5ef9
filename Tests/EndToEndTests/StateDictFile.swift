import Foundation

/// A safetensors file that a test can damage.
struct StateDictFile {
  struct Entry {
    var name: String
    var type = "F32"
    var shape: [Int]
    var bytes: [UInt8]

    /// The elements of an F32 entry.
    var floats: [Float] {
      bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }

    mutating func store<T>(_ elements: [T], as type: String) {
      self.type = type
      bytes = elements.withUnsafeBytes { Array($0) }
    }
  }

  var entries: [Entry]
  var metadata: [String: String]

  /// Reads `fixtures/goldens/NAME.safetensors`.
  init(golden name: String) throws {
    let url = CommandRun.package.appendingPathComponent("fixtures/goldens/\(name).safetensors")
    let file = [UInt8](try Data(contentsOf: url))
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: Data(file[8..<8 + length]))
    var members = header as? [String: [String: Any]] ?? [:]
    metadata = members.removeValue(forKey: "__metadata__") as? [String: String] ?? [:]
    entries = members.map { name, fields in
      let offsets = fields["data_offsets"] as? [Int] ?? [0, 0]
      return Entry(
        name: name, shape: fields["shape"] as? [Int] ?? [],
        bytes: Array(file[8 + length + offsets[0]..<8 + length + offsets[1]]))
    }.sorted { $0.name < $1.name }
  }

  subscript(name: String) -> Entry {
    get { entries[index(name)] }
    set { entries[index(name)] = newValue }
  }

  func index(_ name: String) -> Int {
    entries.firstIndex { $0.name == name } ?? entries.startIndex
  }

  /// The configuration with a part of its text replaced.
  mutating func configure(_ old: String, _ new: String) {
    metadata["config"] = metadata["config"]?.replacingOccurrences(of: old, with: new)
  }

  func encoded() throws -> Data {
    var members = ["\"__metadata__\":" + (try json(metadata))]
    var data: [UInt8] = []
    for entry in entries {
      let offsets = [data.count, data.count + entry.bytes.count]
      let fields: [String: Any] = [
        "dtype": entry.type, "shape": entry.shape, "data_offsets": offsets,
      ]
      members.append("\"\(entry.name)\":" + (try json(fields)))
      data += entry.bytes
    }
    return Self.file("{\(members.joined(separator: ","))}", data)
  }

  /// A header behind its length, then the elements.
  static func file(_ header: String, _ data: [UInt8] = []) -> Data {
    let count = header.utf8.count
    return Data((0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + header.utf8 + data)
  }

  private func json(_ object: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
  }
}
