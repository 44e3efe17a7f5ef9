/// How much an image file may ask for; each is checked before anything is allocated for it.
package struct ImageLimits: Sendable, Hashable {
  /// The size of a file in bytes.
  package var byteCount = 512 << 20
  /// Width · height; Pillow's limit.
  package var pixelCount = 178_956_970
  /// Width, and height.
  package var side = 65_535
  /// The length of a PNG chunk that holds no pixels, in bytes.
  package var chunkByteCount = 8_000_000
  /// The number of PNG chunks that hold no pixels.
  package var chunkCount = 1000
  /// The number of scans of a JPEG.
  package var scanCount = 100

  package init() {}
}
