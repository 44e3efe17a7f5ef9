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
    let rows = vertical.inputs
    precondition(horizontal.inputs.upperBound <= image.width, "axis made for a wider image")
    precondition(rows.upperBound <= image.height, "axis made for a taller image")
    let narrowed = narrow(image, rows: rows, to: horizontal)
    return shorten(narrowed, firstRow: rows.lowerBound, to: vertical)
  }

  /// The horizontal pass over `rows` of `image`.
  private static func narrow(
    _ image: PixelBuffer, rows: Range<Int>, to axis: ResampleAxis
  ) -> [UInt8] {
    let byteCount = rows.count * axis.starts.count * 3
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { result, count in
      unsafe image.bytes.withUnsafeBufferPointer { source in
        unsafe axis.weights.withUnsafeBufferPointer { weights in
          var written = 0
          for row in rows {
            let rowStart = row * image.width * 3
            for (column, start) in axis.starts.enumerated() {
              var (red, green, blue) = (half, half, half)
              var pixel = rowStart + start * 3
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

  /// The vertical pass over rows of bytes, the first of which is row `firstRow` of the axis.
  private static func shorten(
    _ narrowed: [UInt8], firstRow: Int, to axis: ResampleAxis
  ) -> [UInt8] {
    let rowBytes = narrowed.count / axis.inputs.count
    let byteCount = axis.starts.count * rowBytes
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { result, count in
      unsafe narrowed.withUnsafeBufferPointer { source in
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowBytes) { sums in
          for (row, start) in axis.starts.enumerated() {
            unsafe sums.update(repeating: half)
            for tap in 0..<axis.counts[row] {
              let weight = axis.weights[row * axis.stride + tap]
              let sourceRow = (start - firstRow + tap) * rowBytes
              for i in 0..<rowBytes {
                unsafe sums[i] &+= Int32(source[sourceRow + i]) &* weight
              }
            }
            for i in 0..<rowBytes { unsafe result[row * rowBytes + i] = byte(sums[i]) }
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
