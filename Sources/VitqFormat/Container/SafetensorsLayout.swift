/// Where the tensors of a new safetensors file go, and the header that says so.
///
/// The header is padded with spaces so that the data starts on a 64-byte boundary of the file, and
/// zero-filled U8 tensors `~pad.0`, `~pad.1`, … fill the gap before a tensor that would not start
/// on one: the format allows no holes.
struct SafetensorsLayout {
  /// Every tensor starts on a multiple of this many bytes.
  static let alignment = 64
  /// How the names of padding tensors start.
  static let paddingPrefix = "~pad."

  struct Entry {
    var name: String
    var type: StorageType
    var shape: [Int]
    var offset: Int
    var byteCount: Int
  }

  /// In the order of their bytes, padding included.
  private(set) var entries: [Entry] = []
  private(set) var dataByteCount = 0

  init(_ tensors: [OutputTensor]) {
    precondition(
      Set(tensors.map(\.name)).count == tensors.count, "two tensors have the same name")
    var paddingCount = 0
    for tensor in tensors {
      precondition(
        !tensor.name.hasPrefix(Self.paddingPrefix) && tensor.name != SafetensorsHeader.metadataKey,
        "tensor name '\(tensor.name)' is reserved")
      let gap = -dataByteCount & (Self.alignment - 1)
      if gap > 0 {
        append("\(Self.paddingPrefix)\(paddingCount)", .u8, [gap], byteCount: gap)
        paddingCount += 1
      }
      append(tensor.name, tensor.type, tensor.shape, byteCount: tensor.byteCount)
    }
  }

  /// The length and the text of the header: everything before the data.
  ///
  /// Its size depends on the lengths of the metadata only.
  func header(metadata: [String: String]) -> [UInt8] {
    var text = "{\"\(SafetensorsHeader.metadataKey)\":{"
    text += metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.key.json):\($0.value.json)" }.joined(separator: ",")
    text += "}"
    for entry in entries {
      text += ",\(entry.name.json):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":["
      text += entry.shape.map(String.init).joined(separator: ",")
      text += "],\"data_offsets\":[\(entry.offset),\(entry.offset + entry.byteCount)]}"
    }
    text += "}"
    var bytes = Array(text.utf8)
    let gap = -(8 + bytes.count) & (Self.alignment - 1)
    bytes += [UInt8](repeating: 0x20, count: gap)
    let length = UInt64(bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length &>> UInt64(8 * $0)) } + bytes
  }

  private mutating func append(
    _ name: String, _ type: StorageType, _ shape: [Int], byteCount: Int
  ) {
    entries.append(
      Entry(name: name, type: type, shape: shape, offset: dataByteCount, byteCount: byteCount))
    dataByteCount += byteCount
  }
}

extension String {
  /// The string as JSON text, quotes included.
  var json: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
