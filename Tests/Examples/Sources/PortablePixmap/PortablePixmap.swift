#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An image of a binary PPM file (`P6`, 8 bits): rows from the top, bytes R, G, B.
public struct PortablePixmap: Sendable {
  /// The number of pixels in a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// width · height · 3 bytes.
  public let rgb: [UInt8]

  /// Reads a file; `nil` if it is no such image.
  public init?(path: String) {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    // Four fields, each ended by one white-space character: P6, width, height, 255.
    let fields = bytes.split(maxSplits: 4, omittingEmptySubsequences: false) {
      $0 == 0x20 || $0 == 0x0a
    }
    guard fields.count == 5, fields[0].elementsEqual("P6".utf8),
      fields[3].elementsEqual("255".utf8),
      let width = Int(String(decoding: fields[1], as: UTF8.self)),
      let height = Int(String(decoding: fields[2], as: UTF8.self))
    else { return nil }
    self.width = width
    self.height = height
    rgb = Array(fields[4])
  }
}
