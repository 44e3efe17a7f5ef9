import VitqImage

/// What the chunks of a PNG file say before anything is unpacked (ISO/IEC 15948, section 5).
///
/// The layout is a signature of 8 bytes, then chunks: length (4), type (4), data, checksum (4).
/// All chunks are walked: each must lie within the file, and IEND must be there. Checksums are left
/// to libpng.
struct PNGHeader {
  let width: Int
  let height: Int
  let orientation: Orientation?

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) {
    guard bytes.count >= Self.signature.count else {
      throw .truncated(
        .png, part: "signature", expected: Self.signature.count, found: bytes.count)
    }
    guard bytes.starts(with: Self.signature) else {
      throw .damaged(.png, problem: "signature changed, as by a transfer as text")
    }
    let header = try PNGChunk(bytes, at: Self.signature.count)
    guard header.type == "IHDR", let width = header.data.bigEndian(at: 0, count: 4),
      let height = header.data.bigEndian(at: 4, count: 4), header.data.count == 13
    else {
      throw .damaged(.png, problem: "first chunk: expected 'IHDR' of 13 bytes, found \(header)")
    }
    var orientation: Orientation?
    var sideChunkCount = 0
    var chunk = header
    while chunk.type != "IEND" {
      chunk = try PNGChunk(bytes, at: chunk.end)
      guard chunk.type != "IDAT" else { continue }
      sideChunkCount += 1
      guard chunk.data.count <= limits.chunkByteCount else {
        throw .limit(
          thing: "PNG chunk '\(chunk.type)'", unit: "bytes", expected: limits.chunkByteCount,
          found: chunk.data.count)
      }
      guard sideChunkCount <= limits.chunkCount else {
        throw .limit(
          thing: "PNG chunks without pixels", unit: "chunks", expected: limits.chunkCount,
          found: sideChunkCount)
      }
      if chunk.type == "eXIf" { orientation = EXIF.orientation(in: chunk.data) }
    }
    self.width = width
    self.height = height
    self.orientation = orientation
  }
}

/// One chunk of a PNG file.
private struct PNGChunk: CustomStringConvertible {
  let type: String
  let data: ArraySlice<UInt8>
  /// The offset of what follows the chunk, in bytes.
  let end: Int

  init(_ bytes: [UInt8], at offset: Int) throws(ImageError) {
    guard let length = bytes.bigEndian(at: offset, count: 4), offset + 8 <= bytes.count else {
      throw .truncated(
        .png, part: "chunk at byte \(offset)", expected: 12, found: bytes.count - offset)
    }
    let name = bytes[offset + 4..<offset + 8]
    guard name.allSatisfy({ 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 }) else {
      throw .damaged(
        .png,
        problem:
          "chunk at byte \(offset): expected a type of four letters, found \(name.hexadecimal)"
      )
    }
    type = String(decoding: name, as: UTF8.self)
    guard bytes.count - offset - 12 >= length else {
      throw .truncated(
        .png, part: "chunk '\(type)' at byte \(offset)", expected: length + 12,
        found: bytes.count - offset)
    }
    data = bytes[offset + 8..<offset + 8 + length]
    end = offset + 12 + length
  }

  var description: String { "'\(type)' of \(data.count) bytes" }
}
