import Testing
import VitqImage
import VitqImageCodecs
import VitqTestSupport

@Suite("Decoded images")
struct DecodedGoldensTests {
  @Test func equalPillows() throws {
    let expected = try Fixtures.bytes("images/decoded.rgb")
    var offset = 0
    for row in try Fixtures.table("images/decoded.tsv") {
      let decoded = try ImageDecoder.decode(
        try Fixtures.bytes("images/\(row[0])"), orientation: row[1] == "apply" ? .apply : .ignore)
      let width = try #require(Int(row[2]))
      let height = try #require(Int(row[3]))
      let end = offset + width * height * 3
      let image = PixelBuffer(width: width, height: height, bytes: Array(expected[offset..<end]))
      let isEqual = decoded.pixels == image
      #expect(isEqual, "\(row)")
      offset = end
    }
    #expect(offset == expected.count)
  }

  @Test(arguments: [
    ("exif-1.jpg", Orientation.upright), ("exif-6.jpg", .rotatedClockwise), ("exif-9.jpg", nil),
    ("exif-0.jpg", nil), ("exif-big-endian-8.jpg", .rotatedCounterclockwise),
    ("exif-wrong-type.jpg", nil), ("exif-cut.jpg", nil), ("rgb-444.jpg", nil),
    ("rgb-8-exif-6.png", .rotatedClockwise), ("rgb-8-exif-9.png", nil),
  ])
  func tellTheirOrientation(_ file: String, _ orientation: Orientation?) throws {
    let decoded = try ImageDecoder.decode(try Fixtures.bytes("images/\(file)"))
    #expect(decoded.orientation == orientation)
  }

  @Test func tellHowMuchOfWideGreyIsLost() throws {
    let dark = try ImageDecoder.decode(try Fixtures.bytes("images/grey-16-dark.png"))
    #expect(dark.saturatedCount == 19 * 13 - 128)
    let deep = try ImageDecoder.decode(try Fixtures.bytes("images/rgb-16.png"))
    #expect(deep.saturatedCount == 0)
  }

  @Test func surviveEncoding() throws {
    var generator = SplitMix64(seed: 2)
    for (width, height) in [(1, 1), (7, 5), (64, 3), (200, 150)] {
      let image = PixelBuffer(
        width: width, height: height, bytes: generator.integers(width * height * 3))
      #expect(try ImageDecoder.decode(try PNGEncoder.encode(image)).pixels == image)
    }
  }
}
