import CVitqPNG
package import VitqImage

/// Encodes images as PNG files: 8-bit RGB, not interlaced.
package enum PNGEncoder {
  /// The bytes of a PNG file of `image`.
  ///
  /// - Throws: ``ImageError`` for an image without pixels or wider or higher than 65 535, and when
  ///   there is no memory.
  package static func encode(_ image: PixelBuffer) throws(ImageError) -> [UInt8] {
    guard image.width > 0, image.height > 0 else {
      throw .noPixels(width: image.width, height: image.height)
    }
    let side = max(image.width, image.height)
    guard side <= ImageLimits().side, let width = UInt32(exactly: image.width),
      let height = UInt32(exactly: image.height)
    else {
      throw .limit(thing: "image side", unit: "pixels", expected: ImageLimits().side, found: side)
    }
    var encoded: UnsafeMutablePointer<UInt8>?
    var byteCount = 0
    var report = vitq_png_report()
    let status = unsafe image.bytes.withUnsafeBufferPointer { pixels in
      unsafe vitq_png_encode(pixels.baseAddress, width, height, &encoded, &byteCount, &report)
    }
    defer { unsafe vitq_png_free(encoded) }
    guard status != VITQ_PNG_MEMORY else { throw .outOfMemory }
    guard status == VITQ_PNG_OK else { throw .notEncodable(problem: text(of: report.message)) }
    return unsafe Array(UnsafeBufferPointer(start: encoded, count: byteCount))
  }
}
