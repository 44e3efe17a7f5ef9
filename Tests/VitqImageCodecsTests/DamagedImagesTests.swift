import Testing
import VitqImage
import VitqImageCodecs
import VitqTestSupport

/// Files made from good ones by one change.
@Suite("Damaged images")
struct DamagedImagesTests {
  static let png = ["rgb-8.png", "palette-4.png", "grey-16-interlaced.png", "animated.png"]
  static let jpeg = ["rgb-420.jpg", "progressive.jpg", "cmyk.jpg", "exif-6.jpg", "restarts.jpg"]

  @Test(arguments: png + jpeg) func throwWhenCut(_ file: String) throws {
    let whole = try Fixtures.bytes("images/\(file)")
    for part in 0..<64 {
      let cut = Array(whole.prefix(whole.count * part / 64))
      #expect(throws: ImageError.self, "\(cut.count) of \(whole.count) bytes") {
        try ImageDecoder.decode(cut)
      }
    }
    #expect(throws: ImageError.self) { try ImageDecoder.decode(Array(whole.dropLast())) }
  }

  @Test(arguments: png) func throwForEveryFlippedBit(_ file: String) throws {
    let whole = try Fixtures.bytes("images/\(file)")
    let missed = (0..<whole.count * 8).filter { bit in
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      return (try? ImageDecoder.decode(flipped)) != nil
    }
    #expect(missed.isEmpty)
  }

  /// JPEG has no checksum: a flipped bit gives an error or an image, and a whole one.
  @Test(arguments: jpeg) func throwOrDecodeForEveryFlippedBit(_ file: String) throws {
    let whole = try Fixtures.bytes("images/\(file)")
    var limits = ImageLimits()
    limits.pixelCount = 1 << 20
    var decodedCount = 0
    for bit in 0..<whole.count * 8 {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let decoded = try? ImageDecoder.decode(flipped, limits: limits) else { continue }
      decodedCount += decoded.pixels.bytes.isEmpty ? 0 : 1
    }
    #expect(0 < decodedCount && decodedCount < whole.count * 8)
  }

  static let changes: [(file: String, message: String, change: @Sendable (inout [UInt8]) -> Void)] =
    [
      (
        "rgb-8.png", "image: empty: expected a PNG or JPEG file, found 0 bytes",
        { $0.removeAll() }
      ),
      (
        "rgb-8.png", "image: format not recognised: expected PNG or JPEG, found bytes 89",
        { $0.removeLast($0.count - 1) }
      ),
      (
        "rgb-8.png", "PNG signature: truncated: expected 8 bytes, found 5",
        { $0.removeLast($0.count - 5) }
      ),
      (
        "rgb-8.png", "PNG data: damaged: signature changed, as by a transfer as text",
        { $0.remove(at: 4) }
      ),
      (
        "rgb-8.png", "image side: over the limit: expected at most 65535 pixels, found 2147483647",
        { $0.replaceSubrange(16..<20, with: [0x7F, 0xFF, 0xFF, 0xFF]) }
      ),
      (
        "rgb-8.png",
        "image size 65535×65535: over the limit: expected at most 178956970 pixels, "
          + "found 4294836225",
        { $0.replaceSubrange(16..<24, with: [0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]) }
      ),
      (
        "rgb-8.png", "image size: no pixels: expected sides of at least 1, found 0×13",
        { $0[19] = 0 }
      ),
      ("rgb-8.png", "PNG data: damaged: IHDR: CRC error", { $0[19] = 20 }),
      (
        "rgb-8.png", "PNG chunk at byte 810: truncated: expected 12 bytes, found 0",
        { $0.removeLast(12) }
      ),
      (
        "rgb-8.png",
        "PNG chunk 'IDAT' at byte 33: truncated: expected 777 bytes, found 766",
        { $0.removeLast(23) }
      ),
      ("rgb-8.png", "PNG data: damaged: IDAT: incorrect data check", { $0[700] ^= 1 }),
      ("rgb-8.png", "PNG data: damaged: IDAT: CRC error", { $0[809] ^= 1 }),
      (
        "rgb-8.png",
        "PNG data: damaged: chunk at byte 33: expected a type of four letters, found 49 33 41 54",
        { $0[38] = 0x33 }
      ),
      (
        "rgb-8-text.png", "PNG data: damaged: tEXt: CRC error",
        { $0[46] ^= 1 }
      ),
      (
        "palette-transparent.png", "PNG palette index: out of range: expected below 4, found 4",
        { PNGParts.shortenPalette(&$0) }
      ),
      (
        "rgb-8.png",
        "PNG chunks without pixels: over the limit: expected at most 1000 chunks, found 1001",
        { bytes in
          let text = PNGParts.chunk("tEXt", Array("k\0v".utf8))
          bytes.insert(contentsOf: (0..<1001).flatMap { _ in text }, at: 33)
        }
      ),
      (
        "rgb-8.png",
        "PNG chunk 'zTXt': over the limit: expected at most 8000000 bytes, found 8000001",
        {
          $0.insert(
            contentsOf: PNGParts.chunk("zTXt", .init(repeating: 0, count: 8_000_001)), at: 33)
        }
      ),
      (
        "rgb-444.jpg", "JPEG data: damaged: Premature end of JPEG file",
        { $0.removeLast(2) }
      ),
      (
        "rgb-444.jpg", "JPEG segment at byte 2: truncated: expected 4 bytes, found 0",
        { $0.removeLast($0.count - 2) }
      ),
      (
        "rgb-444.jpg", "JPEG segment FFE0 at byte 2: truncated: expected 18 bytes, found 10",
        { $0.removeLast($0.count - 12) }
      ),
      (
        "rgb-444.jpg", "JPEG precision: not supported: expected 8 bits, found 12",
        { $0[JPEGParts.frame(in: $0) + 4] = 12 }
      ),
      (
        "rgb-444.jpg",
        "JPEG process: not supported: expected baseline, extended or progressive, found lossless",
        { $0[JPEGParts.frame(in: $0) + 1] = 0xC3 }
      ),
      (
        "rgb-444.jpg",
        "JPEG height: not supported: expected one in the frame header, found 0 (a later DNL)",
        { $0[JPEGParts.frame(in: $0) + 6] = 0 }
      ),
      (
        "rgb-444.jpg", "JPEG components: not supported: expected 1, 3 or 4, found 2",
        { $0[JPEGParts.frame(in: $0) + 9] = 2 }
      ),
      (
        "progressive-grey.jpg", "JPEG scans: over the limit: expected at most 100 scans, found 101",
        { JPEGParts.addScans(100, to: &$0) }
      ),
    ]

  @Test(arguments: changes)
  func sayWhatIsWrong(
    _ file: String, _ message: String, _ change: @Sendable (inout [UInt8]) -> Void
  ) throws {
    var bytes = try Fixtures.bytes("images/\(file)")
    change(&bytes)
    let error = #expect(throws: ImageError.self) { try ImageDecoder.decode(bytes) }
    #expect(error?.description == message)
  }

  @Test func decodeWithinTheLimitOfScans() throws {
    var bytes = try Fixtures.bytes("images/progressive-grey.jpg")
    JPEGParts.addScans(20, to: &bytes)
    #expect(try ImageDecoder.decode(bytes).pixels.width == 37)
  }
}

/// Pieces of PNG files.
private enum PNGParts {
  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(CRC32.checksum(body))
  }

  /// Takes the last of the five entries from the palette, which is the first chunk.
  static func shortenPalette(_ bytes: inout [UInt8]) {
    bytes.replaceSubrange(33..<33 + 12 + 15, with: chunk("PLTE", Array(bytes[41..<41 + 12])))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

/// Pieces of JPEG files.
private enum JPEGParts {
  /// The offset of the marker of the baseline frame header.
  static func frame(in bytes: [UInt8]) -> Int {
    bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0, 0]) } ?? 0
  }

  /// Adds scans that repeat the mean of each block of the one component of a progressive file.
  static func addScans(_ count: Int, to bytes: inout [UInt8]) {
    let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0] + .init(repeating: 0, count: 100)
    bytes.insert(contentsOf: (0..<count).flatMap { _ in scan }, at: bytes.count - 2)
  }
}
