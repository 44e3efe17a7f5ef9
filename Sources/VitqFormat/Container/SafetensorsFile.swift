/// A safetensors file: u64 header length, JSON header, tensor bytes; see `formats/safetensors.md`.
///
/// `init` checks the whole header, so that afterwards a lookup can fail only by its name. The
/// file is untrusted: every number is checked before it is used, and arithmetic cannot overflow.
package struct SafetensorsFile: Sendable {
  /// What a header may hold at most.
  package enum Limit {
    package static let headerByteCount = 100_000_000
    package static let tensorCount = 16_384
    package static let metadataCount = 16_384
    package static let nameByteCount = 512
    package static let rank = 8
  }

  package let bytes: FileBytes
  package let metadata: [String: String]
  /// The tensors, in the order of their bytes.
  package let tensors: [StoredTensor]
  /// Where the header lies: behind its length, before the data.
  package let headerRange: Range<Int>
  private let indices: [String: Int]

  /// Reads the header.
  ///
  /// - Parameter bytes: The whole file.
  /// - Throws: ``SafetensorsError``, naming the tensor at fault where there is one.
  package init(_ bytes: FileBytes) throws(SafetensorsError) {
    headerRange = try Self.headerRange(of: bytes)
    let dataStart = headerRange.upperBound
    let dataByteCount = bytes.count - dataStart
    let header = try SafetensorsHeader(bytes.bytes(in: headerRange))

    var tensors: [StoredTensor] = []
    tensors.reserveCapacity(header.tensors.count)
    var covered = 0
    // The tensors must tile the data exactly: no gap, no overlap, nothing behind the last.
    for entry in try Self.ordered(header.tensors, dataByteCount: dataByteCount) {
      guard let expected = entry.type.byteCount(shape: entry.shape) else {
        throw .shapeTooLarge(tensor: entry.name, shape: entry.shape)
      }
      let range = entry.offsets[0]..<entry.offsets[1]
      guard range.lowerBound == covered else {
        throw .notContiguous(tensor: entry.name, expected: covered, found: range.lowerBound)
      }
      guard range.count == expected else {
        throw .byteCountMismatch(
          tensor: entry.name, type: entry.type, shape: entry.shape, expected: expected,
          found: range.count)
      }
      covered = range.upperBound
      tensors.append(
        StoredTensor(
          name: entry.name, type: entry.type, shape: entry.shape,
          range: dataStart + range.lowerBound..<dataStart + range.upperBound))
    }
    guard covered == dataByteCount else { throw .trailingBytes(count: dataByteCount - covered) }

    self.bytes = bytes
    self.tensors = tensors
    metadata = header.metadata
    indices = Dictionary(uniqueKeysWithValues: tensors.indices.map { (tensors[$0].name, $0) })
  }

  /// The tensor of a name, or `nil` if there is none.
  package subscript(name: String) -> StoredTensor? { indices[name].map { tensors[$0] } }

  /// A copy of the bytes of a tensor.
  package func bytes(of tensor: StoredTensor) -> [UInt8] { bytes.bytes(in: tensor.range) }

  /// Calls `body` with the bytes of a tensor.
  package func withUnsafeBytes<R, E: Error>(
    of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try unsafe bytes.withUnsafeBytes(in: tensor.range, body)
  }

  private static func headerRange(of bytes: FileBytes) throws(SafetensorsError) -> Range<Int> {
    guard bytes.count >= 8 else { throw .truncated(needed: 8, found: bytes.count) }
    let length = bytes.load(UInt64.self, at: 0)
    guard length <= Limit.headerByteCount else {
      throw .headerTooLong(byteCount: length, limit: Limit.headerByteCount)
    }
    guard length <= bytes.count - 8 else {
      throw .truncated(needed: 8 + length, found: bytes.count)
    }
    return 8..<8 + Int(length)
  }

  /// The entries by where their bytes start, once each has a range within the data.
  private static func ordered(
    _ entries: [SafetensorsHeader.Entry], dataByteCount: Int
  ) throws(SafetensorsError) -> [SafetensorsHeader.Entry] {
    for entry in entries {
      let offsets = entry.offsets
      guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataByteCount else {
        throw .invalidOffsets(tensor: entry.name, found: offsets, dataByteCount: dataByteCount)
      }
    }
    return entries.sorted { ($0.offsets[0], $0.offsets[1]) < ($1.offsets[0], $1.offsets[1]) }
  }
}
