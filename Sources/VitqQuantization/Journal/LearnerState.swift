import VitqFormat
import VitqTensor

/// What one part learned, as 32-bit words in an order that its writer and reader share.
///
/// The bytes of its file, little-endian: `vitqlrn1`, the SHA-256 of the plan in hexadecimal digits,
/// u32 byte count of the name, the name of the part, the words, and the SHA-256 of all before it in
/// hexadecimal digits.
struct LearnerState {
  fileprivate static let signature = Array("vitqlrn1".utf8)
  fileprivate static let digestByteCount = 64

  private var words: [UInt32] = []

  mutating func append(_ value: Int) { words.append(UInt32(bitPattern: Int32(clamping: value))) }

  mutating func append(_ value: Float) { words.append(value.bitPattern) }

  mutating func append(_ value: Double) {
    let bits = value.bitPattern
    words += [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
  }

  mutating func append(_ tensor: Tensor) { words += tensor.elements.map(\.bitPattern) }

  /// The bytes of the file; `plan` is the digest of the plan.
  func encoded(part: LearnedPart, plan: String) -> [UInt8] {
    precondition(plan.utf8.count == Self.digestByteCount, "plan '\(plan)'")
    let name = Array(part.name.utf8)
    var bytes = Self.signature + Array(plan.utf8)
    bytes.reserveCapacity(
      bytes.count + 4 + name.count + 4 * words.count + Self.digestByteCount)
    bytes.append(word: UInt32(name.count))
    bytes += name
    for word in words { bytes.append(word: word) }
    return bytes + Array(SHA256.hexDigest(of: bytes).utf8)
  }
}

/// Reads what a ``LearnerState`` wrote, which is not trusted: numbers may be any, and too few.
struct LearnerStateReader {
  private let words: [UInt32]
  private var next = 0
  private let path: String

  /// - Parameters:
  ///   - bytes: The bytes of the file.
  ///   - part: The part that it is to be of.
  ///   - plan: The digest of the plan that it is to be of.
  ///   - path: The path of the file, for errors.
  /// - Throws: ``QuantizationError/damagedState(path:detail:)``.
  init(
    _ bytes: [UInt8], part: LearnedPart, plan: String, path: String
  ) throws(QuantizationError) {
    self.path = path
    let digestByteCount = LearnerState.digestByteCount
    let name = Array(part.name.utf8)
    let headerByteCount = LearnerState.signature.count + digestByteCount + 4 + name.count
    func damaged(_ detail: String) -> QuantizationError {
      .damagedState(path: path, detail: detail)
    }
    guard bytes.count >= headerByteCount + digestByteCount else {
      throw damaged(
        "expected at least \(headerByteCount + digestByteCount) bytes, found \(bytes.count)")
    }
    let content = Array(bytes.dropLast(digestByteCount))
    guard Array(bytes.suffix(digestByteCount)) == Array(SHA256.hexDigest(of: content).utf8) else {
      throw damaged("the digest does not match the bytes")
    }
    guard content.starts(with: LearnerState.signature) else {
      throw damaged("the signature is not 'vitqlrn1'")
    }
    let planStart = LearnerState.signature.count
    let found = String(
      decoding: content[planStart..<planStart + digestByteCount], as: UTF8.self)
    guard found == plan else {
      throw damaged("expected the plan of sha256 \(plan), found \(found)")
    }
    var expectedName: [UInt8] = []
    expectedName.append(word: UInt32(name.count))
    expectedName += name
    guard content[(planStart + digestByteCount)...].starts(with: expectedName) else {
      throw damaged("expected the part '\(part.name)', found another")
    }
    let (count, rest) = (content.count - headerByteCount).quotientAndRemainder(dividingBy: 4)
    guard rest == 0 else { throw damaged("expected whole words, found \(rest) bytes more") }
    words = (0..<count).map { index in
      (0..<4).reduce(0) {
        $0 | UInt32(content[headerByteCount + 4 * index + $1]) << UInt32(8 * $1)
      }
    }
  }

  mutating func integer() throws(QuantizationError) -> Int {
    Int(Int32(bitPattern: try word()))
  }

  mutating func float() throws(QuantizationError) -> Float { Float(bitPattern: try word()) }

  mutating func double() throws(QuantizationError) -> Double {
    let low = try word()
    return Double(bitPattern: UInt64(low) | UInt64(try word()) << 32)
  }

  mutating func range() throws(QuantizationError) -> ClosedRange<Float> {
    let (low, high) = (try float(), try float())
    guard low <= high else { throw damaged("expected an ascending range, found \(low), \(high)") }
    return low...high
  }

  mutating func tensor(_ shape: Shape) throws(QuantizationError) -> Tensor {
    let end = next + shape.elementCount
    guard end <= words.count else { throw cutShort() }
    defer { next = end }
    return Tensor(shape, words[next..<end].map { Float(bitPattern: $0) })
  }

  /// Checks that all words were read.
  func end() throws(QuantizationError) {
    guard next == words.count else {
      throw damaged("expected \(next) words, found \(words.count)")
    }
  }

  func damaged(_ detail: String) -> QuantizationError { .damagedState(path: path, detail: detail) }

  private func cutShort() -> QuantizationError {
    damaged("expected more than \(words.count) words, found no more")
  }

  private mutating func word() throws(QuantizationError) -> UInt32 {
    guard next < words.count else { throw cutShort() }
    defer { next += 1 }
    return words[next]
  }
}

extension [UInt8] {
  /// Appends a word, little-endian.
  mutating func append(word: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) {
      append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
    }
  }
}
