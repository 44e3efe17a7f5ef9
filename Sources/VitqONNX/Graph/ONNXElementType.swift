/// The element types of tensors and inputs that vitq reads, by the number of the specification.
package enum ONNXElementType: Int, Sendable, Hashable, CaseIterable {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 6
  case int64 = 7
  case boolean = 9
  case float16 = 10
  case double = 11
  case bfloat16 = 16

  /// The size of an element in `raw_data` and in external data.
  package var byteCount: Int {
    switch self {
    case .uint8, .int8, .boolean: 1
    case .float16, .bfloat16: 2
    case .float, .int32: 4
    case .int64, .double: 8
    }
  }

  /// Whether the elements are floating-point numbers, which vitq computes with as FP32.
  package var isFloatingPoint: Bool {
    switch self {
    case .float, .float16, .double, .bfloat16: true
    case .uint8, .int8, .int32, .int64, .boolean: false
    }
  }

  /// The name of the type with a number, as the specification has it.
  package static func name(ofNumber number: Int) -> String {
    let names = [
      "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL",
      "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16",
      "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4",
      "FLOAT4E2M1", "FLOAT8E8M0",
    ]
    return names.indices.contains(number) ? names[number] : "type \(number)"
  }
}

extension ONNXElementType: CustomStringConvertible {
  package var description: String { Self.name(ofNumber: rawValue) }
}
