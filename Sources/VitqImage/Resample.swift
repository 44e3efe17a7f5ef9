/// The two passes of Pillow's resize of 8-bit images.
///
/// Each pass computes (2²¹ + Σ weight · byte) >> 22, clamped to a byte, in 32-bit integers. The
/// sum cannot overflow: the absolute weights of either filter add to less than 1.3 · 2²².
enum Resample {
  /// The kept positions of a resized image: rows from the top, bytes R, G, B.
  ///
  /// The axes must have been made for the sides of `image`.
  static func pixels(
    of image: PixelBuffer, horizontal: ResampleAxis, vertical: ResampleAxis
  ) -> [UInt8] {
    precondition(horizontal.inputCount == image.width, "axis of \(horizontal.inputCount) columns")
    precondition(vertical.inputCount == image.height, "axis of \(vertical.inputCount) rows")
    if isVerticalFirst(horizontal: horizontal, vertical: vertical) {
      let columns = horizontal.inputs
      let shortened = resizeColumns(
        image.bytes, rowBytes: image.width * 3,
        kept: columns.lowerBound * 3..<columns.upperBound * 3, firstRow: 0, along: vertical)
      return resizeRows(
        shortened, width: columns.count, rows: 0..<vertical.starts.count,
        firstColumn: columns.lowerBound, along: horizontal)
    }
    let rows = vertical.inputs
    let narrowed = resizeRows(
      image.bytes, width: image.width, rows: rows, firstColumn: 0, along: horizontal)
    let rowBytes = horizontal.starts.count * 3
    return resizeColumns(
      narrowed, rowBytes: rowBytes, kept: 0..<rowBytes, firstRow: rows.lowerBound, along: vertical)
  }

  /// Whether the columns are resized before the rows.
  ///
  /// Pillow 13 does so when the height shrinks, by more than twice what the width shrinks by;
  /// Pillow 12 and earlier never do.
  private static func isVerticalFirst(horizontal: ResampleAxis, vertical: ResampleAxis) -> Bool {
    let lostRows = vertical.inputCount - vertical.outputCount
    return lostRows > 0 && lostRows > 2 * (horizontal.inputCount - horizontal.outputCount)
  }

  /// Resizes `rows` of an image along its width.
  ///
  /// The first column of the image is column `firstColumn` of the axis.
  private static func resizeRows(
    _ pixels: [UInt8], width: Int, rows: Range<Int>, firstColumn: Int, along axis: ResampleAxis
  ) -> [UInt8] {
    let byteCount = rows.count * axis.starts.count * 3
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { result, count in
      unsafe pixels.withUnsafeBufferPointer { source in
        unsafe axis.weights.withUnsafeBufferPointer { weights in
          var written = 0
          for row in rows {
            let rowStart = row * width - firstColumn
            for (column, start) in axis.starts.enumerated() {
              var (red, green, blue) = (half, half, half)
              var pixel = (rowStart + start) * 3
              let first = column * axis.stride
              for tap in first..<first + axis.counts[column] {
                let weight = unsafe weights[tap]
                unsafe red &+= Int32(source[pixel]) &* weight
                unsafe green &+= Int32(source[pixel + 1]) &* weight
                unsafe blue &+= Int32(source[pixel + 2]) &* weight
                pixel += 3
              }
              unsafe result[written] = byte(red)
              unsafe result[written + 1] = byte(green)
              unsafe result[written + 2] = byte(blue)
              written += 3
            }
          }
        }
      }
      count = byteCount
    }
  }

  /// Resizes the bytes `kept` of each row of an image along its height.
  ///
  /// The first row of the image is row `firstRow` of the axis.
  private static func resizeColumns(
    _ pixels: [UInt8], rowBytes: Int, kept: Range<Int>, firstRow: Int, along axis: ResampleAxis
  ) -> [UInt8] {
    let byteCount = axis.starts.count * kept.count
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { result, count in
      unsafe pixels.withUnsafeBufferPointer { source in
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: kept.count) { sums in
          for (row, start) in axis.starts.enumerated() {
            unsafe sums.update(repeating: half)
            for tap in 0..<axis.counts[row] {
              let weight = axis.weights[row * axis.stride + tap]
              let first = (start - firstRow + tap) * rowBytes + kept.lowerBound
              for i in 0..<kept.count {
                unsafe sums[i] &+= Int32(source[first + i]) &* weight
              }
            }
            for i in 0..<kept.count { unsafe result[row * kept.count + i] = byte(sums[i]) }
          }
        }
      }
      count = byteCount
    }
  }

  /// ½ at the scale of the weights.
  private static let half: Int32 = 1 << (ResampleAxis.fractionBits - 1)

  private static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> ResampleAxis.fractionBits, 0), 255))
  }
}
