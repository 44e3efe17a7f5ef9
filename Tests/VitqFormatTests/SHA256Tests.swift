import Testing
import VitqFormat
import VitqTestSupport

struct SHA256Tests {
  /// The examples of FIPS 180-4 and of the NIST test suite.
  @Test(
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ])
  func hashesPublishedMessages(_ message: String, _ digest: String) {
    #expect(SHA256.hexDigest(of: Array(message.utf8)) == digest)
  }

  @Test func hashesAMillionLetters() {
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(
      SHA256.hexDigest(of: letters)
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Every number of blocks around what a processor takes at once, from an address without alignment.
  @Test func isTheSameByEveryImplementation() {
    var generator = SplitMix64(seed: 2)
    for count in [0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 1000, 4096, 100_003] {
      let bytes: [UInt8] = generator.integers(count)
      let digests = SHA256.Implementation.available.map { implementation in
        var hash = SHA256(implementation)
        hash.update(Array(bytes.prefix(3)))
        hash.update(Array(bytes.dropFirst(3)))
        return hash.hexDigest()
      }
      #expect(Set(digests).count == 1, "\(count) bytes")
    }
  }

  @Test func doesNotDependOnThePieces() {
    var generator = SplitMix64(seed: 1)
    let bytes: [UInt8] = generator.integers(1000)
    let expected = SHA256.hexDigest(of: bytes)
    for _ in 0..<50 {
      var hash = SHA256()
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 0...130, using: &generator))
        hash.update(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      #expect(hash.hexDigest() == expected)
    }
  }

  /// The lengths around the ends of a block, where the padding changes.
  @Test func padsEveryLength() {
    var digests: Set<String> = []
    for count in 0...130 {
      var hash = SHA256()
      for _ in 0..<count { hash.update([0]) }
      #expect(hash.hexDigest() == SHA256.hexDigest(of: [UInt8](repeating: 0, count: count)))
      digests.insert(hash.hexDigest())
    }
    #expect(digests.count == 131)
  }
}
