import VitqImage

/// What to do with the orientation that a photograph is tagged with.
package enum EXIFOrientation: Sendable {
  /// Leaves rows and columns as they are stored, as timm's loader does.
  case ignore
  /// Turns the image upright.
  case apply
}

/// Reads EXIF data: a TIFF header and its first directory (CIPA DC-008, section 4.5).
enum EXIF {
  /// The orientation in a block of EXIF data.
  ///
  /// `nil` when the block has none, has one outside 1 … 8 or is damaged: the tag describes the
  /// image, so nothing in it can make the pixels unreadable.
  static func orientation(in block: ArraySlice<UInt8>) -> Orientation? {
    let isLittle: Bool
    switch block.bigEndian(at: 0, count: 4) {
    case 0x4949_2A00: isLittle = true
    case 0x4D4D_002A: isLittle = false
    default: return nil
    }
    func number(at offset: Int, count: Int) -> Int? {
      guard let big = block.bigEndian(at: offset, count: count) else { return nil }
      guard isLittle else { return big }
      return count == 2
        ? Int(UInt16(truncatingIfNeeded: big).byteSwapped)
        : Int(UInt32(truncatingIfNeeded: big).byteSwapped)
    }
    guard let directory = number(at: 4, count: 4), let entryCount = number(at: directory, count: 2)
    else { return nil }
    for entry in 0..<entryCount {
      let offset = directory + 2 + 12 * entry
      guard let tag = number(at: offset, count: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      // One SHORT, in the first two of the four bytes of the value.
      guard number(at: offset + 2, count: 2) == 3, number(at: offset + 4, count: 4) == 1,
        let value = number(at: offset + 8, count: 2), let value = UInt8(exactly: value)
      else { return nil }
      return Orientation(rawValue: value)
    }
    return nil
  }
}
