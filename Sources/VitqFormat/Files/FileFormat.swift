/// A format of files that are often given in the place of others; the raw value is its name.
package enum FileFormat: String, Sendable {
  case hdf5 = "HDF5"
  case onnx = "ONNX"
  case safetensors
  case zip = "a ZIP archive, such as a PyTorch checkpoint"
  case pickle = "a Python pickle"
  case png = "PNG"
  case jpeg = "JPEG"
  case gzip
  case lfsPointer = "a Git LFS pointer"
  case markup = "HTML or XML"
  case json = "JSON"

  /// How many bytes tell the formats apart.
  package static let startByteCount = 16

  /// The format that `bytes` are the beginning of, if it is one of these.
  package init?(startOf bytes: [UInt8]) {
    let signatures: [(format: FileFormat, start: [UInt8])] = [
      (.hdf5, [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]),
      (.zip, Array("PK".utf8) + [3, 4]), (.pickle, [0x80, 2]),
      (.png, [0x89] + Array("PNG".utf8)), (.jpeg, [0xFF, 0xD8, 0xFF]), (.gzip, [0x1F, 0x8B]),
      (.lfsPointer, Array("version https://".utf8)), (.markup, Array("<".utf8)),
      (.json, Array("{".utf8)),
    ]
    if let match = signatures.first(where: { bytes.starts(with: $0.start) }) {
      self = match.format
    } else if Self.isSafetensors(bytes) {
      self = .safetensors
    } else if Self.isONNX(bytes) {
      self = .onnx
    } else {
      return nil
    }
  }

  /// Whether the header of a safetensors file may begin at byte 8 of `bytes`, behind its length.
  package static func hasSafetensorsHeader(_ bytes: [UInt8]) -> Bool {
    bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
  }

  /// A length below 2³² in eight bytes, and the start of a JSON object.
  private static func isSafetensors(_ bytes: [UInt8]) -> Bool {
    hasSafetensorsHeader(bytes) && bytes[4..<8].allSatisfy { $0 == 0 }
  }

  /// Field 1 with a small number, the version, and then another field of a model.
  private static func isONNX(_ bytes: [UInt8]) -> Bool {
    let fields: [UInt8] = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42]
    return bytes.count > 2 && bytes[0] == 8 && (1..<0x80).contains(bytes[1])
      && fields.contains(bytes[2])
  }
}
