extension Preprocessing {
  /// The model's input for a crop: [3, inputHeight, inputWidth], (p / 255 − mean) / deviation.
  ///
  /// Each step is rounded to FP32 in torchvision's order (`ToTensor`, then `Normalize`'s
  /// subtraction and division), so the bits are torchvision's.
  public func normalize(_ crop: PixelBuffer) -> [Float] {
    precondition(
      crop.width == inputWidth && crop.height == inputHeight,
      "a crop of \(crop.width)×\(crop.height) for \(inputWidth)×\(inputHeight)")
    let pixelCount = crop.width * crop.height
    return unsafe [Float](unsafeUninitializedCapacity: 3 * pixelCount) { planes, count in
      for channel in 0..<3 {
        let values = (0...255).map { level in
          (Float(level) / 255 - mean[channel]) / standardDeviation[channel]
        }
        unsafe crop.bytes.withUnsafeBufferPointer { bytes in
          unsafe values.withUnsafeBufferPointer { values in
            for pixel in 0..<pixelCount {
              unsafe planes[channel * pixelCount + pixel] =
                values[Int(bytes[pixel * 3 + channel])]
            }
          }
        }
      }
      count = 3 * pixelCount
    }
  }
}
