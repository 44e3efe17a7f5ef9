import VitqFormat

/// A cursor over a part of a file in protobuf's wire format, which checks every length against that part.
///
/// Source: protobuf.dev, "Encoding".
struct WireReader {
  let file: FileBytes
  private(set) var offset: Int
  private let end: Int

  init(_ file: FileBytes, _ range: Range<Int>) {
    self.file = file
    offset = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { offset == end }

  /// A base-128 number of at most 64 bits.
  mutating func varint() throws(ONNXError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard offset < end else { throw .truncated(offset: start, expected: 1, found: 0) }
      let byte = file[offset]
      offset += 1
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw .malformed(offset: start, reason: "a number of more than 64 bits")
  }

  /// The number and wire type of the next field.
  mutating func tag() throws(ONNXError) -> WireTag {
    let start = offset
    let key = try varint()
    guard let type = WireType(rawValue: UInt8(key & 7)) else {
      throw .malformed(offset: start, reason: "wire type \(key & 7)")
    }
    guard 1...WireTag.largestNumber ~= key >> 3 else {
      throw .malformed(offset: start, reason: "field number \(key >> 3)")
    }
    return WireTag(number: UInt32(key >> 3), type: type)
  }

  /// Moves past the contents of a field, and returns where they are without their length.
  mutating func contents(of type: WireType) throws(ONNXError) -> Range<Int> {
    let start = offset
    let byteCount: Int
    switch type {
    case .varint:
      _ = try varint()
      return start..<offset
    case .fixed64: byteCount = 8
    case .fixed32: byteCount = 4
    case .chunk:
      let length = try varint()
      guard length <= UInt64(Int32.max) else {
        throw .malformed(offset: start, reason: "a length of \(length) bytes")
      }
      byteCount = Int(length)
    }
    guard byteCount <= end - offset else {
      throw .truncated(offset: offset, expected: byteCount, found: end - offset)
    }
    defer { offset += byteCount }
    return offset..<offset + byteCount
  }
}

/// What stands in front of a field.
struct WireTag: Equatable {
  let number: UInt32
  let type: WireType

  static let largestNumber: UInt64 = (1 << 29) - 1
}

/// How the contents of a field are delimited.
///
/// Groups, which protobuf itself gave up, are refused.
enum WireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case chunk = 2
  case fixed32 = 5
}
