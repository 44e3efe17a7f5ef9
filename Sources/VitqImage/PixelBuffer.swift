/// An 8-bit RGB image: rows from the top, pixels from the left, bytes R, G, B, no padding.
public struct PixelBuffer: Sendable, Equatable {
  /// The number of pixels in a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// width · height · 3 bytes.
  public let bytes: [UInt8]

  /// An instance of the given parts; there must be width · height · 3 bytes.
  package init(width: Int, height: Int, bytes: [UInt8]) {
    precondition(bytes.count == width * height * 3, "\(bytes.count) bytes for \(width)×\(height)")
    self.width = width
    self.height = height
    self.bytes = bytes
  }
}
