import Testing
import VitqImageCodecs

@Suite("Formats by content")
struct ImageFormatTests {
  @Test(arguments: [
    (ImageFormat.png, "\u{89}PNG\r\n\u{1A}\n"), (.jpeg, "\u{FF}\u{D8}\u{FF}\u{E0}"),
    (.heic, "\0\0\0\u{18}ftypheic\0\0\0\0"), (.heic, "\0\0\0\u{18}ftypmif1\0\0\0\0"),
    (.avif, "\0\0\0\u{18}ftypavif\0\0\0\0"), (.webP, "RIFF\0\0\0\0WEBPVP8 "), (.gif, "GIF89a"),
    (.tiff, "II*\0"), (.tiff, "MM\0*"), (.bmp, "BM\0\0"), (.jpegXL, "\u{FF}\u{0A}"),
    (.jpegXL, "\0\0\0\u{0C}JXL \r\n"), (.svg, "<?xml version='1.0'?>\n<svg xmlns=''>"),
    (.svg, "\n <SVG>"), (.html, "<!DOCTYPE html><title>404</title>"), (.html, "<html>"),
    (nil, "plain text"), (nil, ""), (nil, "\0\0\0\u{18}ftypqt  "), (nil, "<xml/>"), (nil, "RIFF"),
  ])
  func areFound(_ format: ImageFormat?, _ start: String) {
    let bytes = start.unicodeScalars.map { UInt8($0.value) }
    #expect(ImageFormat(startOf: bytes) == format)
  }

  @Test func areNamedInTheRefusal() {
    let error = #expect(throws: ImageError.self) {
      try ImageDecoder.decode(Array("\0\0\0\u{18}ftypheic\0\0\0\0".utf8))
    }
    #expect(error?.description == "image: format not supported: expected PNG or JPEG, found HEIC")
  }

  @Test func showTheirFirstBytesWhenUnknown() {
    let error = #expect(throws: ImageError.self) { try ImageDecoder.decode(Array("text".utf8)) }
    #expect(
      error?.description
        == "image: format not recognised: expected PNG or JPEG, found bytes 74 65 78 74")
  }
}
