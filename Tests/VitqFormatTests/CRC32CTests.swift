import Testing
import VitqFormat

struct CRC32CTests {
  /// The first from the catalogue of parametrised CRC algorithms, the others from RFC 3720, B.4.
  @Test(
    arguments: [
      (Array("123456789".utf8), "e3069283"),
      (Array(repeating: 0, count: 32), "8a9136aa"),
      (Array(repeating: 0xFF, count: 32), "62a8ab43"),
      (Array(0..<32), "46dd794e"),
      (Array((0..<32).reversed()), "113fdb5c"),
      ([], "00000000"),
    ] as [([UInt8], String)])
  func isThatOfTheStandard(_ bytes: [UInt8], _ expected: String) {
    for split in 0...bytes.count {
      var checksum = CRC32C()
      for piece in [bytes[..<split], bytes[split...]] {
        unsafe piece.withUnsafeBytes { unsafe checksum.update($0) }
      }
      #expect(checksum.hexDigits == expected, "in two pieces at \(split)")
    }
  }
}
