/// What is wrong with a safetensors file.
package enum SafetensorsError: Error, Equatable {
  /// The file ends before the length of the header, or before the end of the header.
  case truncated(needed: UInt64, found: Int)
  case headerTooLong(byteCount: UInt64, limit: Int)
  /// `byteOffset` counts from the start of the file.
  case malformedHeader(JSONDefect, byteOffset: Int)
  case tooManyTensors(limit: Int)
  case tooManyMetadataEntries(limit: Int)
  case invalidName(String)
  case unknownField(tensor: String, field: String)
  case missingField(tensor: String, field: String)
  case unsupportedElementType(tensor: String, found: String)
  /// The number of bytes does not fit 63 bits.
  case shapeTooLarge(tensor: String, shape: [Int])
  /// Not two numbers in order that lie within the data.
  case invalidOffsets(tensor: String, found: [Int], dataByteCount: Int)
  /// The tensor does not start where the one before it ends.
  case notContiguous(tensor: String, expected: Int, found: Int)
  case byteCountMismatch(tensor: String, type: StorageType, shape: [Int], expected: Int, found: Int)
  /// Bytes behind the last tensor.
  case trailingBytes(count: Int)
}

extension SafetensorsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let needed, let found):
      "file: ends within its header: expected at least \(needed) bytes, found \(found)"
    case .headerTooLong(let byteCount, let limit):
      "header: too long: expected at most \(limit) bytes, found \(byteCount)"
    case .malformedHeader(let defect, let byteOffset):
      "header: malformed at byte \(byteOffset): \(defect)"
    case .tooManyTensors(let limit):
      "header: too many tensors: expected at most \(limit)"
    case .tooManyMetadataEntries(let limit):
      "header: too many metadata entries: expected at most \(limit)"
    case .invalidName(let name):
      "tensor \(name.quoted): name is empty, longer than 512 bytes or has control characters"
    case .unknownField(let tensor, let field):
      "tensor \(tensor.quoted): unknown field \(field.quoted): "
        + "expected dtype, shape and data_offsets"
    case .missingField(let tensor, let field):
      "tensor \(tensor.quoted): has no field '\(field)'"
    case .unsupportedElementType(let tensor, let found):
      "tensor \(tensor.quoted): unsupported dtype: expected one of "
        + StorageType.allCases.map(\.rawValue).joined(separator: ", ") + ", found \(found.quoted)"
    case .shapeTooLarge(let tensor, let shape):
      "tensor \(tensor.quoted): shape \(shape) has too many elements"
    case .invalidOffsets(let tensor, let found, let dataByteCount):
      "tensor \(tensor.quoted): invalid data_offsets: "
        + "expected a range within 0 to \(dataByteCount), found \(found)"
    case .notContiguous(let tensor, let expected, let found):
      "tensor \(tensor.quoted): bytes are not next to those before: "
        + "expected to start at \(expected), found \(found)"
    case .byteCountMismatch(let tensor, let type, let shape, let expected, let found):
      "tensor \(tensor.quoted): wrong number of bytes for \(type.rawValue) \(shape): "
        + "expected \(expected), found \(found)"
    case .trailingBytes(let count):
      "file: \(count) bytes behind the last tensor: expected none"
    }
  }
}
