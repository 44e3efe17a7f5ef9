/// The SHA-256 digests that a `.vitq` file keeps of itself, in its metadata.
///
/// Each large tensor has one; the small ones, of which a model has hundreds, share one, so that
/// the list stays short beside the weights. A large tensor has a checksum too, which takes a few
/// hundredths of a digest's time and finds what happens by chance, though not by intent.
struct Digests: Equatable {
  /// The metadata keys.
  enum Key {
    static let large = "vitq.digests"
    static let small = "vitq.small_digest"
    static let header = "vitq.header_digest"
    static let checksums = "vitq.checksums"
    static let all = [large, small, header, checksums]
  }

  /// What stands for a digest that is not known yet.
  static let zero = String(repeating: "0", count: 64)

  /// The digest of the bytes of each large tensor, in file order; padding has none, it is zeros.
  var large: [String]
  /// The digest of the bytes of all small tensors, one after another in file order.
  var small = zero
  /// The digest of everything before the data, with ``zero`` in the place of this digest itself.
  var header = zero

  /// The CRC-32C of each large tensor as eight hexadecimal digits, in file order.
  var checksums: [String]

  init(zeroedForLarge count: Int) {
    large = Array(repeating: Self.zero, count: count)
    checksums = Array(repeating: "00000000", count: count)
  }

  /// Reads the digests of a file with `largeCount` large tensors.
  init(metadata: [String: String], largeCount: Int) throws(ModelFileError) {
    guard let header = metadata[Key.header] else { throw .missingKey(Key.header) }
    guard let small = metadata[Key.small] else { throw .missingKey(Key.small) }
    guard let lines = metadata[Key.large] else { throw .missingKey(Key.large) }
    guard let checksums = metadata[Key.checksums] else { throw .missingKey(Key.checksums) }
    self.header = header
    self.small = small
    large = lines.split(separator: "\n").map { String($0) }
    self.checksums = checksums.split(separator: "\n").map { String($0) }
    guard large.count == largeCount, self.checksums.count == largeCount else {
      throw .digestListMismatch
    }
  }

  /// `metadata` with the digests; the list has one on each line.
  func adding(to metadata: [String: String]) -> [String: String] {
    var result = metadata
    result[Key.large] = large.joined(separator: "\n")
    result[Key.small] = small
    result[Key.header] = header
    result[Key.checksums] = checksums.joined(separator: "\n")
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
}
