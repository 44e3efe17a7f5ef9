import VitqImage
import VitqImageCodecs

/// Decodes images of little more memory than their files.
enum FuzzedImages {
  static func image(_ bytes: [UInt8]) {
    var limits = ImageLimits()
    limits.pixelCount = 1 << 20
    guard let image = try? ImageDecoder.decode(bytes, orientation: .apply, limits: limits) else {
      return
    }
    let pixels = image.pixels
    precondition(pixels.bytes.count == 3 * pixels.width * pixels.height, "\(pixels.bytes.count)")
  }
}
