import VitqImage

/// What the segments of a JPEG file say before its first scan (ITU-T T.81, annex B).
///
/// The frame header says the size; an APP1 segment that begins with "Exif" the orientation.
struct JPEGHeader {
  let width: Int
  let height: Int
  let orientation: Orientation?

  init(_ bytes: [UInt8]) throws(ImageError) {
    var orientation: Orientation?
    var frame: JPEGFrame?
    var segment = try JPEGSegment(bytes, at: 2)
    while !segment.startsScan {
      switch segment.marker {
      case 0xE1 where orientation == nil && segment.data.starts(with: Self.exifName):
        orientation = EXIF.orientation(in: segment.data.dropFirst(Self.exifName.count))
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(segment.marker) && frame == nil:
        frame = try JPEGFrame(segment)
      default: break
      }
      segment = try JPEGSegment(bytes, at: segment.end)
    }
    guard let frame else {
      throw .damaged(.jpeg, problem: "first scan: expected a frame header before it")
    }
    (width, height) = (frame.width, frame.height)
    self.orientation = orientation
  }

  private static let exifName: [UInt8] = Array("Exif\0\0".utf8)
}

/// One segment: FF (any number of them), a marker, a length that counts its own two bytes, data.
private struct JPEGSegment {
  let marker: UInt8
  let data: ArraySlice<UInt8>
  /// The offset of what follows the segment, in bytes.
  let end: Int

  var startsScan: Bool { marker == 0xDA }

  init(_ bytes: [UInt8], at offset: Int) throws(ImageError) {
    var offset = offset
    // Bytes between segments have no meaning; libjpeg and Pillow pass over them too.
    while offset + 1 < bytes.count, bytes[offset] != 0xFF || [0, 0xFF].contains(bytes[offset + 1]) {
      offset += 1
    }
    guard let length = bytes.bigEndian(at: offset + 2, count: 2) else {
      throw .truncated(
        .jpeg, part: "segment at byte \(offset)", expected: 4, found: max(bytes.count - offset, 0))
    }
    marker = bytes[offset + 1]
    let name = "FF\(String(marker, radix: 16, uppercase: true))"
    guard marker != 0xD9, length >= 2 else {
      throw .damaged(
        .jpeg, problem: "marker \(name) at byte \(offset): expected segments up to a scan")
    }
    guard bytes.count - offset - 2 >= length else {
      throw .truncated(
        .jpeg, part: "segment \(name) at byte \(offset)", expected: length + 2,
        found: bytes.count - offset)
    }
    data = bytes[offset + 4..<offset + 2 + length]
    end = offset + 2 + length
  }
}

/// The frame header: precision in bits, height, width, the number of components.
private struct JPEGFrame {
  let width: Int
  let height: Int

  init(_ segment: JPEGSegment) throws(ImageError) {
    let data = segment.data
    guard let precision = data.bigEndian(at: 0, count: 1),
      let height = data.bigEndian(at: 1, count: 2), let width = data.bigEndian(at: 3, count: 2),
      let componentCount = data.bigEndian(at: 5, count: 1)
    else { throw .truncated(.jpeg, part: "frame header", expected: 6, found: data.count) }
    if let found = Self.unsupported[segment.marker] {
      throw .unsupportedVariant(
        .jpeg, thing: "process", expected: "baseline, extended or progressive", found: found)
    }
    guard precision == 8 else {
      throw .unsupportedVariant(
        .jpeg, thing: "precision", expected: "8 bits", found: "\(precision)")
    }
    guard [1, 3, 4].contains(componentCount) else {
      throw .unsupportedVariant(
        .jpeg, thing: "components", expected: "1, 3 or 4", found: "\(componentCount)")
    }
    guard height > 0 else {
      throw .unsupportedVariant(
        .jpeg, thing: "height", expected: "one in the frame header", found: "0 (a later DNL)")
    }
    self.width = width
    self.height = height
  }

  private static let unsupported: [UInt8: String] = [
    0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical",
    0xCB: "lossless", 0xCD: "hierarchical", 0xCE: "hierarchical", 0xCF: "hierarchical",
  ]
}
