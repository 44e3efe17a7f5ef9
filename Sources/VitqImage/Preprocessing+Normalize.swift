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

  /// The crop whose bytes ``normalize(_:)`` takes nearest to a tensor [3, inputHeight, inputWidth].
  ///
  /// A value x of channel c becomes (x · standardDeviation[c] + mean[c]) · 255 in double precision,
  /// rounded with halves to even, within 0 … 255. All values must be finite.
  package func denormalize(_ tensor: Span<Float>) -> PixelBuffer {
    let pixelCount = inputWidth * inputHeight
    let count = tensor.count
    precondition(
      count == 3 * pixelCount, "a tensor of \(count) values for \(inputWidth)×\(inputHeight)")
    var bytes = [UInt8](repeating: 0, count: count)
    for channel in 0..<3 {
      let offset = Double(mean[channel])
      let scale = Double(standardDeviation[channel])
      for pixel in 0..<pixelCount {
        let value = Double(tensor[channel * pixelCount + pixel])
        let level = min(max((value * scale + offset) * 255, 0), 255)
        bytes[pixel * 3 + channel] = UInt8(halfToEven(level))
      }
    }
    return PixelBuffer(width: inputWidth, height: inputHeight, bytes: bytes)
  }
}
