/// How the stored rows and columns of a photograph relate to the scene: EXIF tag 0x0112.
///
/// A case names what has to be done to the stored image to see it upright. timm's loader does
/// nothing of the kind, so a result that must equal timm's uses the stored pixels.
public enum Orientation: UInt8, Sendable, CaseIterable {
  /// Stored upright.
  case upright = 1
  /// Mirror left and right.
  case mirrored = 2
  /// Turn by 180°.
  case rotated180 = 3
  /// Mirror top and bottom.
  case flipped = 4
  /// Exchange rows and columns.
  case transposed = 5
  /// Turn clockwise by 90°.
  case rotatedClockwise = 6
  /// Exchange rows and columns from the last of each.
  case transversed = 7
  /// Turn counterclockwise by 90°.
  case rotatedCounterclockwise = 8
}

extension PixelBuffer {
  /// The image as it is seen upright when it is stored with `orientation`.
  public func upright(from orientation: Orientation) -> PixelBuffer {
    guard orientation != .upright else { return self }
    let turned = orientation.rawValue >= 5
    let (newWidth, newHeight) = turned ? (height, width) : (width, height)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        let (y, x) =
          switch orientation {
          case .upright: (row, column)
          case .mirrored: (row, width - 1 - column)
          case .rotated180: (height - 1 - row, width - 1 - column)
          case .flipped: (height - 1 - row, column)
          case .transposed: (column, row)
          case .rotatedClockwise: (height - 1 - column, row)
          case .transversed: (height - 1 - column, width - 1 - row)
          case .rotatedCounterclockwise: (column, width - 1 - row)
          }
        let pixel = (y * width + x) * 3
        result.append(contentsOf: bytes[pixel..<pixel + 3])
      }
    }
    return PixelBuffer(width: newWidth, height: newHeight, bytes: result)
  }
}
