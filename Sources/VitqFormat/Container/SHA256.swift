import CVitqDigest

/// The SHA-256 digest of a sequence of bytes (FIPS 180-4, section 6.2).
package struct SHA256: Sendable {
  /// What computes it; the digest is the same.
  package enum Implementation: Sendable {
    /// For any processor.
    case portable
    /// The instructions for SHA-256, about six times as fast.
    case instructions

    /// The implementations that this processor has, the fastest last.
    package static let available: [Implementation] =
      vitq_sha256_supported() != 0 ? [.portable, .instructions] : [.portable]
  }

  private static let fastest = Implementation.available.last ?? .portable

  private let implementation: Implementation
  private var state = SIMD8<UInt32>(
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A,
    0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19)
  private var byteCount: UInt64 = 0
  /// The bytes that do not fill a block yet; fewer than 64.
  private var pending: [UInt8] = []

  private static let blockByteCount = 64

  package init() { self.init(SHA256.fastest) }

  /// A digest by one of ``Implementation/available``.
  package init(_ implementation: Implementation) { self.implementation = implementation }

  /// The digest of `bytes` in lower-case hexadecimal digits.
  package static func hexDigest(of bytes: [UInt8]) -> String {
    unsafe bytes.withUnsafeBytes { unsafe hexDigest(of: $0) }
  }

  /// The digest of `bytes` in lower-case hexadecimal digits.
  package static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    unsafe hash.update(bytes)
    return hash.hexDigest()
  }

  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var start = 0
    if !pending.isEmpty {
      start = min(Self.blockByteCount - pending.count, bytes.count)
      unsafe pending.append(contentsOf: bytes[..<start])
      guard pending.count == Self.blockByteCount else { return }
      unsafe pending.withUnsafeBytes { unsafe compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = (bytes.count - start) / Self.blockByteCount * Self.blockByteCount
    unsafe compress(UnsafeRawBufferPointer(rebasing: bytes[start..<start + whole]))
    unsafe pending.append(contentsOf: bytes[(start + whole)...])
  }

  /// The digest of everything so far, in lower-case hexadecimal digits.
  package func hexDigest() -> String {
    var last = self
    let bitCount = byteCount &* 8
    let zeros = (Self.blockByteCount + 55 - pending.count) % Self.blockByteCount
    var padding: [UInt8] = [0x80]
    padding += [UInt8](repeating: 0, count: zeros)
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: bitCount &>> shift))
    }
    last.update(padding)
    let alphabet = Array("0123456789abcdef".utf8)
    var digits: [UInt8] = []
    for digit in 0..<64 {
      let shift = UInt32(28 - 4 * (digit % 8))
      digits.append(alphabet[Int(last.state[digit / 8] &>> shift & 15)])
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Takes in whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    switch implementation {
    case .portable: unsafe compressPortably(blocks)
    case .instructions: unsafe compressByInstructions(blocks)
    }
  }

  private mutating func compressByInstructions(_ blocks: UnsafeRawBufferPointer) {
    guard let start = blocks.baseAddress else { return }
    unsafe withUnsafeMutablePointer(to: &state) { state in
      unsafe state.withMemoryRebound(to: UInt32.self, capacity: 8) { words in
        unsafe vitq_sha256_compress(words, start, blocks.count / Self.blockByteCount)
      }
    }
  }

  private mutating func compressPortably(_ blocks: UnsafeRawBufferPointer) {
    var state = state
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
      unsafe Self.constants.withUnsafeBufferPointer { constants in
        for block in stride(from: 0, to: blocks.count, by: Self.blockByteCount) {
          for t in 0..<16 {
            let word = unsafe blocks.loadUnaligned(fromByteOffset: block + 4 * t, as: UInt32.self)
            unsafe schedule[t] = UInt32(bigEndian: word)
          }
          for t in 16..<64 {
            let a = unsafe schedule[t &- 15]
            let b = unsafe schedule[t &- 2]
            let sum0 = rotated(a, 7) ^ rotated(a, 18) ^ a &>> 3
            let sum1 = rotated(b, 17) ^ rotated(b, 19) ^ b &>> 10
            unsafe schedule[t] = sum0 &+ sum1 &+ schedule[t &- 16] &+ schedule[t &- 7]
          }
          state &+= unsafe Self.rounds(state, schedule, constants)
        }
      }
    }
    self.state = state
  }

  /// The working variables a … h after the 64 rounds of a block.
  @inline(__always)
  private static func rounds(
    _ state: SIMD8<UInt32>, _ schedule: UnsafeMutableBufferPointer<UInt32>,
    _ constants: UnsafeBufferPointer<UInt32>
  ) -> SIMD8<UInt32> {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])

    // A round leaves the new e in the place of d and the new a in that of h; the caller names the
    // variables in rotated order, so that nothing is moved.
    @inline(__always)
    func round(
      _ t: Int, _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32,
      _ f: UInt32, _ g: UInt32, _ h: inout UInt32
    ) {
      let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      let choice = g ^ (e & (f ^ g))
      let first = unsafe h &+ sum1 &+ choice &+ constants[t] &+ schedule[t]
      let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
      let majority = (a & b) | (c & (a | b))
      d &+= first
      h = first &+ sum0 &+ majority
    }

    for t in stride(from: 0, to: 64, by: 8) {
      round(t, a, b, c, &d, e, f, g, &h)
      round(t &+ 1, h, a, b, &c, d, e, f, &g)
      round(t &+ 2, g, h, a, &b, c, d, e, &f)
      round(t &+ 3, f, g, h, &a, b, c, d, &e)
      round(t &+ 4, e, f, g, &h, a, b, c, &d)
      round(t &+ 5, d, e, f, &g, h, a, b, &c)
      round(t &+ 6, c, d, e, &f, g, h, a, &b)
      round(t &+ 7, b, c, d, &e, f, g, h, &a)
    }
    return SIMD8(a, b, c, d, e, f, g, h)
  }

  /// The fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4,
    0xAB1C_5ED5, 0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE,
    0x9BDC_06A7, 0xC19B_F174, 0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F,
    0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA, 0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7,
    0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967, 0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC,
    0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85, 0xA2BF_E8A1, 0xA81A_664B,
    0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070, 0x19A4_C116,
    0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
    0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7,
    0xC671_78F2,
  ]
}

@inline(__always)
private func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 {
  x &>> count | x &<< (32 &- count)
}
