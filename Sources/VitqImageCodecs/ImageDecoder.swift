import CVitqJPEG
import CVitqPNG
package import VitqImage

/// A decoded image and what its file says about it.
package struct DecodedImage: Sendable, Equatable {
  /// The pixels, turned upright if that was asked for.
  package var pixels: PixelBuffer
  /// The format, found by content.
  package var format: ImageFormat
  /// The orientation that the file is tagged with; `nil` without a tag, or with one outside 1 … 8.
  package var orientation: Orientation?
  /// The number of 16-bit grey samples that Pillow's rule turned white; see ``ImageDecoder``.
  package var saturatedCount = 0
}

/// Decodes PNG and JPEG files to the pixels that Pillow 13's `convert("RGB")` gives.
///
/// - Alpha is dropped, palettes are expanded, grey is repeated; gamma and colour profiles are
///   ignored; 1, 2 and 4-bit grey is scaled to 0 … 255; 16-bit colour keeps the high byte.
/// - 16-bit grey without alpha is clamped to 255 instead of scaled. That is a quirk of Pillow which
///   makes most such images white; ``DecodedImage/saturatedCount`` tells a caller to warn.
/// - Four-component JPEGs are inverted CMYK or YCCK.
///
/// Unlike Pillow, a damaged checksum, compressed data that end early and a palette index without a
/// palette entry are errors: none of them is filled in with an invented colour.
package enum ImageDecoder {
  /// The image in the bytes of a file.
  ///
  /// - Throws: ``ImageError`` for another format, for damage and for more than `limits` allows.
  package static func decode(
    _ bytes: [UInt8], orientation: EXIFOrientation = .ignore, limits: ImageLimits = ImageLimits()
  ) throws(ImageError) -> DecodedImage {
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= limits.byteCount else {
      throw .limit(
        thing: "image file", unit: "bytes", expected: limits.byteCount, found: bytes.count)
    }
    var image: DecodedImage
    switch ImageFormat(startOf: bytes) {
    case .png: image = try png(bytes, limits)
    case .jpeg: image = try jpeg(bytes, limits)
    case .some(let other): throw .unsupportedFormat(found: other)
    case .none: throw .unknownFormat(start: Array(bytes.prefix(8)))
    }
    if orientation == .apply, let tagged = image.orientation {
      image.pixels = image.pixels.upright(from: tagged)
    }
    return image
  }

  private static func png(_ bytes: [UInt8], _ limits: ImageLimits) throws(ImageError)
    -> DecodedImage
  {
    let header = try PNGHeader(bytes, limits: limits)
    let size = try checkedSize(width: header.width, height: header.height, limits)
    var report = vitq_png_report()
    var status: Int32 = 0
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: size.byteCount) { result, count in
      status = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe vitq_png_decode(
          bytes.baseAddress, bytes.count, size.width, size.height, result.baseAddress, &report)
      }
      if status == VITQ_PNG_OK { count = size.byteCount }
    }
    switch Int(status) {
    case Int(VITQ_PNG_OK): break
    case Int(VITQ_PNG_PALETTE): throw .paletteIndex(range: text(of: report.message))
    case Int(VITQ_PNG_MEMORY): throw .outOfMemory
    default: throw .damaged(.png, problem: text(of: report.message))
    }
    return DecodedImage(
      pixels: PixelBuffer(width: header.width, height: header.height, bytes: pixels),
      format: .png, orientation: header.orientation, saturatedCount: Int(report.saturated_count))
  }

  private static func jpeg(
    _ bytes: [UInt8], _ limits: ImageLimits
  ) throws(ImageError) -> DecodedImage {
    let header = try JPEGHeader(bytes)
    let size = try checkedSize(width: header.width, height: header.height, limits)
    var report = vitq_jpeg_report()
    var status: Int32 = 0
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: size.byteCount) { result, count in
      status = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe vitq_jpeg_decode(
          bytes.baseAddress, bytes.count, size.width, size.height,
          Int32(clamping: limits.scanCount),
          result.baseAddress, &report)
      }
      if status == VITQ_JPEG_OK { count = size.byteCount }
    }
    switch Int(status) {
    case Int(VITQ_JPEG_OK): break
    case Int(VITQ_JPEG_SCANS):
      throw .limit(
        thing: "JPEG scans", unit: "scans", expected: limits.scanCount, found: limits.scanCount + 1)
    default: throw .damaged(.jpeg, problem: text(of: report.message))
    }
    return DecodedImage(
      pixels: PixelBuffer(width: header.width, height: header.height, bytes: pixels),
      format: .jpeg, orientation: header.orientation)
  }

  private static func checkedSize(
    width: Int, height: Int, _ limits: ImageLimits
  ) throws(ImageError) -> (width: UInt32, height: UInt32, byteCount: Int) {
    guard width > 0, height > 0 else { throw .noPixels(width: width, height: height) }
    let side = max(width, height)
    guard side <= limits.side, let width32 = UInt32(exactly: width),
      let height32 = UInt32(exactly: height)
    else { throw .limit(thing: "image side", unit: "pixels", expected: limits.side, found: side) }
    let (pixelCount, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixelCount <= limits.pixelCount else {
      throw .limit(
        thing: "image size \(width)×\(height)", unit: "pixels", expected: limits.pixelCount,
        found: pixelCount)
    }
    return (width32, height32, pixelCount * 3)
  }
}

/// The text of a C array of characters that ends in NUL.
func text<Characters>(of characters: Characters) -> String {
  unsafe withUnsafeBytes(of: characters) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
