/// The SHA-256 digests that a `.vitq` file keeps of itself, in its metadata.
struct Digests: Equatable {
  /// The metadata keys.
  enum Key {
    static let tensors = "vitq.digests"
    static let header = "vitq.header_digest"
  }

  /// What stands for a digest that is not known yet.
  static let zero = String(repeating: "0", count: 64)

  /// The digest of the bytes of each tensor, in file order; padding has none, it is zeros.
  var tensors: [(name: String, digest: String)]
  /// The digest of everything before the data, with ``zero`` in the place of this digest itself.
  var header = zero

  init(zeroedFor names: [String]) {
    tensors = names.map { ($0, Self.zero) }
  }

  /// Reads the digests of a file, which has them for exactly the tensors `names`.
  init(metadata: [String: String], names: [String]) throws(ModelFileError) {
    guard let header = metadata[Key.header] else { throw .missingKey(Key.header) }
    guard let lines = metadata[Key.tensors] else { throw .missingKey(Key.tensors) }
    self.header = header
    tensors = lines.split(separator: "\n").map { line in
      (String(line.unicodeScalars.dropFirst(65)), String(line.unicodeScalars.prefix(64)))
    }
    guard tensors.map(\.name) == names else { throw .digestListMismatch }
  }

  /// `metadata` with the digests; a line of the list is a digest, a space and a name.
  func adding(to metadata: [String: String]) -> [String: String] {
    var result = metadata
    result[Key.tensors] = tensors.map { "\($0.digest) \($0.name)" }.joined(separator: "\n")
    result[Key.header] = header
    return result
  }

  /// Whether `header`, the bytes before the data, has the digest that is written in it.
  func match(header bytes: [UInt8]) -> Bool {
    // A quotation mark inside a string is escaped, so this can only be the key itself.
    let key = Array("\"\(Key.header)\":\"".utf8)
    guard
      let start = bytes.indices.first(where: { bytes[$0...].starts(with: key) }),
      start + key.count + Self.zero.utf8.count <= bytes.count
    else { return false }
    var blank = bytes
    blank.replaceSubrange((start + key.count)..<(start + key.count + 64), with: Self.zero.utf8)
    return SHA256.hexDigest(of: blank) == header
  }

  static func == (a: Digests, b: Digests) -> Bool {
    a.header == b.header && a.tensors.elementsEqual(b.tensors, by: ==)
  }
}
