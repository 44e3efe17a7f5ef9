extension Preprocessing {
  /// Resizes an image and crops its centre to `inputHeight` × `inputWidth`.
  ///
  /// The bytes are those of Pillow 13's `resize` and torchvision's `CenterCrop`. Only the positions
  /// that the crop keeps are computed. The recipe must be valid (``validate()``) and the sides at most 65 535.
  public func crop(_ image: PixelBuffer) -> PixelBuffer {
    precondition(
      1...Self.largestSide ~= image.width && 1...Self.largestSide ~= image.height,
      "an image of \(image.width)×\(image.height)")
    let resized = resizedSides(height: image.height, width: image.width)
    let (top, rows) = Self.place(inputHeight, in: resized.height)
    let (left, columns) = Self.place(inputWidth, in: resized.width)
    let vertical = ResampleAxis(
      inputCount: image.height, outputCount: resized.height, kept: rows, filter: interpolation)
    let horizontal = ResampleAxis(
      inputCount: image.width, outputCount: resized.width, kept: columns, filter: interpolation)

    let bytes = Resample.pixels(of: image, horizontal: horizontal, vertical: vertical)
    guard rows.count < inputHeight || columns.count < inputWidth else {
      return PixelBuffer(width: inputWidth, height: inputHeight, bytes: bytes)
    }
    var padded = [UInt8](repeating: 0, count: inputHeight * inputWidth * 3)
    let rowBytes = columns.count * 3
    for row in 0..<rows.count {
      let start = ((top + row) * inputWidth + left) * 3
      padded.replaceSubrange(
        start..<start + rowBytes, with: bytes[row * rowBytes..<(row + 1) * rowBytes])
    }
    return PixelBuffer(width: inputWidth, height: inputHeight, bytes: padded)
  }

  /// The sides that timm's transform resizes an image of the given sides to.
  package func resizedSides(height: Int, width: Int) -> (height: Int, width: Int) {
    let target = (
      height: Int(Double(inputHeight) / cropFraction), width: Int(Double(inputWidth) / cropFraction)
    )
    guard cropMode == .center else { return target }
    if target.height == target.width {
      let side = target.height
      return width <= height
        ? (Int(Double(side * height) / Double(width)), side)
        : (side, Int(Double(side * width) / Double(height)))
    }
    let ratio = min(
      Double(height) / Double(target.height), Double(width) / Double(target.width))
    return (
      halfToEven(Double(height) / ratio), halfToEven(Double(width) / ratio)
    )
  }

  /// Where a crop of `count` positions lies in `available` ones: the padding before, what is kept.
  ///
  /// The offset is rounded with halves to even; too short an axis is padded, the odd one behind.
  package static func place(_ count: Int, in available: Int) -> (padding: Int, kept: Range<Int>) {
    guard available >= count else { return ((count - available) / 2, 0..<available) }
    let offset = halfToEven(Double(available - count) / 2)
    return (0, offset..<offset + count)
  }
}

/// A number of at least 0 rounded to the nearest whole one, halves to even.
///
/// Without the `rint` of libm, which a program that embeds the module need not link.
func halfToEven(_ value: Double) -> Int {
  let lower = Int(value)
  let rest = value - Double(lower)
  return rest > 0.5 || (rest == 0.5 && lower % 2 == 1) ? lower + 1 : lower
}
