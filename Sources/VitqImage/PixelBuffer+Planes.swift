extension PixelBuffer {
  /// The pixels as numbers in 0 … 1, [3, height, width]: byte / 255, one rounding.
  public var planes: [Float] {
    let pixelCount = width * height
    let values = (0...255).map { Float($0) / 255 }
    var planes = [Float](repeating: 0, count: 3 * pixelCount)
    for pixel in 0..<pixelCount {
      for channel in 0..<3 {
        planes[channel * pixelCount + pixel] = values[Int(bytes[pixel * 3 + channel])]
      }
    }
    return planes
  }
}
