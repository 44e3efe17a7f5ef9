/// What a file of a ``Journal`` keeps of the work, as 32-bit words in an order that its writer and
/// reader share.
///
/// The bytes of the file, little-endian: a signature of 8 bytes, the SHA-256 of the plan in
/// hexadecimal digits, the words, and the SHA-256 of all before it in hexadecimal digits.
package struct StateWriter {
  static let signatureByteCount = 8
  static let digestByteCount = 64

  /// The bytes of the words.
  private var words: [UInt8] = []

  package init() {}

  /// The length of a file.
  package static func byteCount(wordCount: Int) -> Int {
    signatureByteCount + digestByteCount + 4 * wordCount + digestByteCount
  }

  package mutating func append(_ value: Int) {
    words.append(littleEndian: Int32(clamping: value))
  }

  package mutating func append(_ value: Float) { words.append(littleEndian: value.bitPattern) }

  package mutating func append(_ value: Double) { words.append(littleEndian: value.bitPattern) }

  package mutating func append(_ range: ClosedRange<Float>) {
    append(range.lowerBound)
    append(range.upperBound)
  }

  package mutating func append(_ values: [Float]) { words.append(littleEndian: values) }

  /// The bytes of the file.
  ///
  /// - Parameters:
  ///   - signature: The kind of state and its version, 8 letters or digits.
  ///   - plan: The SHA-256 of the plan in hexadecimal digits.
  /// - Returns: What ``StateReader`` reads.
  package func bytes(signature: String, plan: String) -> [UInt8] {
    precondition(signature.utf8.count == Self.signatureByteCount, "signature '\(signature)'")
    precondition(plan.utf8.count == Self.digestByteCount, "plan '\(plan)'")
    let content = Array(signature.utf8) + Array(plan.utf8) + words
    return content + Array(SHA256.hexDigest(of: content).utf8)
  }
}
