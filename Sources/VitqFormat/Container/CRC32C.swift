import CVitqDigest

/// The CRC-32C checksum of a sequence of bytes (RFC 3720, section 12.1): finds every burst of up to
/// 32 flipped bits, and any other damage but for one in 2³².
package struct CRC32C: Sendable {
  private var value: UInt32 = 0

  package init() {}

  /// Appends `bytes`.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = unsafe vitq_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// Eight lower-case hexadecimal digits.
  package var hexDigits: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
