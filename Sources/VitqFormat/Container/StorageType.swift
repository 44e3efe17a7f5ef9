/// The type of the stored elements of a tensor, by its name in a safetensors header.
package enum StorageType: String, Sendable, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case f64 = "F64"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u8 = "U8"
  case bool = "BOOL"

  /// The number of bytes of an element.
  package var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// The number of bytes of a tensor of this type, or `nil` if it does not fit an `Int`.
  package func byteCount(shape: [Int]) -> Int? {
    var result = byteCount
    for extent in shape {
      let (product, overflow) = result.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0 else { return nil }
      result = product
    }
    return result
  }
}

/// A tensor of a safetensors file.
package struct StoredTensor: Sendable, Equatable {
  package let name: String
  package let type: StorageType
  package let shape: [Int]
  /// Where its bytes lie in the file.
  package let range: Range<Int>

  package var elementCount: Int { range.count / type.byteCount }
}
