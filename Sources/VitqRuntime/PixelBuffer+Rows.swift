public import VitqImage

extension PixelBuffer {
  /// A copy of an image in memory: rows from the top, pixels from the left, bytes R, G, B.
  ///
  /// - Parameters:
  ///   - rgb: The bytes of the image; what follows the last row is ignored.
  ///   - width: The number of pixels in a row, 1 to 65 535.
  ///   - height: The number of rows, 1 to 65 535.
  ///   - rowStride: The bytes from one row to the next; `nil` is 3 · width.
  /// - Throws: ``RuntimeError`` with ``RuntimeError/Code/invalidPixels``.
  public init(
    rgb: Span<UInt8>, width: Int, height: Int, rowStride: Int? = nil
  ) throws(RuntimeError) {
    try Self.validate(width: width, height: height)
    let rowCount = width * 3
    let stride = rowStride ?? rowCount
    let (start, isLarge) = stride.multipliedReportingOverflow(by: height - 1)
    guard stride >= rowCount, !isLarge else {
      throw RuntimeError(
        .invalidPixels,
        "image: wrong row stride: expected at least \(rowCount) bytes, found \(stride)")
    }
    let (end, isLong) = start.addingReportingOverflow(rowCount)
    guard !isLong, rgb.count >= end else {
      throw RuntimeError(
        .invalidPixels,
        "image: wrong size: expected \(end) bytes, found \(rgb.count)")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rowCount * height)
    unsafe rgb.withUnsafeBufferPointer { source in
      for row in 0..<height {
        unsafe bytes.append(contentsOf: source[row * stride..<row * stride + rowCount])
      }
    }
    self.init(width: width, height: height, bytes: bytes)
  }

  /// Refuses sides that ``Preprocessing/crop(_:)`` does not accept.
  static func validate(width: Int, height: Int) throws(RuntimeError) {
    let sides = 1...Preprocessing.largestSide
    guard sides.contains(width), sides.contains(height) else {
      throw RuntimeError(
        .invalidPixels,
        "image: size not supported: expected sides of 1 to \(Preprocessing.largestSide), "
          + "found \(width) × \(height)")
    }
  }
}
