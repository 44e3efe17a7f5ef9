/// A file format, known by the first bytes of a file and never by its name.
package enum ImageFormat: String, Sendable, CaseIterable {
  case png = "PNG"
  case jpeg = "JPEG"
  case heic = "HEIC"
  case avif = "AVIF"
  case webP = "WebP"
  case gif = "GIF"
  case tiff = "TIFF"
  case bmp = "BMP"
  case jpegXL = "JPEG XL"
  case svg = "SVG"
  case html = "HTML"

  /// The format that `bytes` are the beginning of, if it is one of those with a name here.
  package init?(startOf bytes: [UInt8]) {
    guard let format = Self.binary(bytes) ?? Self.text(bytes) else { return nil }
    self = format
  }

  private static func binary(_ bytes: [UInt8]) -> ImageFormat? {
    func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: signature)
    }
    func has(_ signature: String, at offset: Int = 0) -> Bool {
      has(Array(signature.utf8), at: offset)
    }
    if has([0x89, 0x50, 0x4E, 0x47]) { return .png }
    if has([0xFF, 0xD8]) { return .jpeg }
    if has("GIF8") { return .gif }
    if has("RIFF"), has("WEBP", at: 8) { return .webP }
    if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") { return .tiff }
    if has("BM") { return .bmp }
    if has([0xFF, 0x0A]) || has("JXL ", at: 4) { return .jpegXL }
    guard has("ftyp", at: 4) else { return nil }
    if has("avif", at: 8) || has("avis", at: 8) { return .avif }
    let heic = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
    return heic.contains { has($0, at: 8) } ? .heic : nil
  }

  private static func text(_ bytes: [UInt8]) -> ImageFormat? {
    let start = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
    let tag = start.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    guard tag.hasPrefix("<") else { return nil }
    if tag.contains("<svg") { return .svg }
    return tag.contains("<!doctype html") || tag.contains("<html") ? .html : nil
  }
}
