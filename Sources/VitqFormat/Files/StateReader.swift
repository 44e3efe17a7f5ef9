/// Reads what a ``StateWriter`` wrote, which is not trusted: numbers may be any, and too few.
package struct StateReader {
  /// Where the first word is.
  private static let start = StateWriter.signatureByteCount + StateWriter.digestByteCount

  private let bytes: [UInt8]
  private let wordCount: Int
  /// The number of words read.
  private var next = 0

  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - signature: The kind of state and its version that they are to be of.
  ///   - plan: The digest of the plan that they are to be of.
  /// - Throws: ``StateError``.
  package init(_ bytes: [UInt8], signature: String, plan: String) throws(StateError) {
    self.bytes = bytes
    let end = bytes.count - StateWriter.digestByteCount
    guard end >= Self.start else {
      throw .damaged(
        "expected at least \(Self.start + StateWriter.digestByteCount) bytes, found \(bytes.count)")
    }
    let digest = unsafe bytes.withUnsafeBytes {
      unsafe SHA256.hexDigest(of: UnsafeRawBufferPointer(rebasing: $0[..<end]))
    }
    guard bytes[end...].elementsEqual(digest.utf8) else {
      throw .damaged("the digest does not match the bytes")
    }
    guard bytes.starts(with: signature.utf8) else {
      throw .damaged("the signature is not '\(signature)'")
    }
    let found = String(
      decoding: bytes[StateWriter.signatureByteCount..<Self.start], as: UTF8.self)
    guard found == plan else { throw .otherPlan(expected: plan, found: found) }
    let (count, rest) = (end - Self.start).quotientAndRemainder(dividingBy: 4)
    guard rest == 0 else { throw .damaged("expected whole words, found \(rest) bytes more") }
    wordCount = count
  }

  /// Whether all words were read.
  package var isAtEnd: Bool { next == wordCount }

  package mutating func integer() throws(StateError) -> Int {
    Int(Int32(bitPattern: try word()))
  }

  /// An integer that is not negative.
  package mutating func count() throws(StateError) -> Int { Int(try word()) }

  package mutating func float() throws(StateError) -> Float { Float(bitPattern: try word()) }

  package mutating func double() throws(StateError) -> Double {
    let low = try word()
    return Double(bitPattern: UInt64(low) | UInt64(try word()) << 32)
  }

  package mutating func range() throws(StateError) -> ClosedRange<Float> {
    let (low, high) = (try float(), try float())
    guard low <= high else { throw .damaged("expected an ascending range, found \(low), \(high)") }
    return low...high
  }

  package mutating func floats(_ count: Int) throws(StateError) -> [Float] {
    guard count <= wordCount - next else { throw cutShort }
    defer { next += count }
    return (next..<next + count).map { Float(bitPattern: word(at: $0)) }
  }

  /// Checks that all words were read.
  package func end() throws(StateError) {
    guard isAtEnd else { throw .damaged("expected \(next) words, found \(wordCount)") }
  }

  private var cutShort: StateError {
    .damaged("expected more than \(wordCount) words, found no more")
  }

  private mutating func word() throws(StateError) -> UInt32 {
    guard next < wordCount else { throw cutShort }
    defer { next += 1 }
    return word(at: next)
  }

  private func word(at index: Int) -> UInt32 {
    let first = Self.start + 4 * index
    return (0..<4).reduce(0) { $0 | UInt32(bytes[first + $1]) << UInt32(8 * $1) }
  }
}
