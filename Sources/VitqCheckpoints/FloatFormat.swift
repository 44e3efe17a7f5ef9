package import VitqFormat

/// A format of floating-point numbers that checkpoints store.
package enum FloatFormat: Sendable {
  case binary64
  case binary32
  case binary16
  /// The upper half of a binary32.
  case bfloat16

  /// The format of the elements of a safetensors file, or `nil` if they are not floating-point.
  package init?(_ type: StorageType) {
    switch type {
    case .f64: self = .binary64
    case .f32: self = .binary32
    case .f16: self = .binary16
    case .bf16: self = .bfloat16
    case .i64, .i32, .i16, .i8, .u8, .bool: return nil
    }
  }

  /// The name in safetensors headers.
  var name: String {
    switch self {
    case .binary64: "F64"
    case .binary32: "F32"
    case .binary16: "F16"
    case .bfloat16: "BF16"
    }
  }

  package var byteCount: Int {
    switch self {
    case .binary64: 8
    case .binary32: 4
    case .binary16, .bfloat16: 2
    }
  }

  /// The numbers that little-endian `bytes` hold; exact but for binary64, which is rounded.
  package func floats(in bytes: UnsafeRawBufferPointer) -> [Float] {
    let count = bytes.count / byteCount
    return unsafe [Float](unsafeUninitializedCapacity: count) { result, initializedCount in
      switch self {
      case .binary64:
        for i in 0..<count {
          let bits = unsafe bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
          unsafe result[i] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
        }
      case .binary32:
        #if !_endian(little)
          #error("elements are taken as they lie in memory: the host must be little-endian")
        #endif
        unsafe UnsafeMutableRawBufferPointer(result)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(4 * count)))
      case .binary16:
        for i in 0..<count {
          let bits = unsafe bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
          unsafe result[i] = Self.single(half: UInt16(littleEndian: bits))
        }
      case .bfloat16:
        for i in 0..<count {
          let bits = unsafe bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
          unsafe result[i] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
        }
      }
      initializedCount = count
    }
  }

  /// The value of a binary16 number; the type `Float16` does not exist on every platform.
  private static func single(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1F)
    let fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: sign | magnitude.bitPattern)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
