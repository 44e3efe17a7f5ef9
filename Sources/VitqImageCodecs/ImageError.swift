/// Why an image cannot be read or written.
package enum ImageError: Error, Equatable {
  /// Not even one byte.
  case empty
  /// A format with a name, but no decoder here.
  case unsupportedFormat(found: ImageFormat)
  /// A format without a name here; the first bytes of the file.
  case unknownFormat(start: [UInt8])
  /// A form of PNG or JPEG that is not decoded.
  case unsupportedVariant(ImageFormat, thing: String, expected: String, found: String)
  /// The bytes end within `part`, or before it.
  case truncated(ImageFormat, part: String, expected: Int, found: Int)
  /// The bytes contradict the format; `problem` are the words of this module or of the library.
  case damaged(ImageFormat, problem: String)
  /// No pixels.
  case noPixels(width: Int, height: Int)
  /// More than ``ImageLimits`` allows; `unit` is what is counted.
  case limit(thing: String, unit: String, expected: Int, found: Int)
  /// A pixel names a palette entry that is not there; `range` says both numbers.
  case paletteIndex(range: String)
  /// Not a regular file.
  case notAFile(found: String)
  /// The operating system refuses; `reason` are its words.
  case unreadable(operation: String, reason: String)
  /// The file became shorter or longer while it was read; sizes in bytes.
  case changedWhileRead(expected: Int, found: Int)
  /// libpng found no memory.
  case outOfMemory
  /// libpng does not encode the image; `problem` are its words.
  case notEncodable(problem: String)
}

extension ImageError: CustomStringConvertible {
  /// One line: the thing at fault, what is wrong, what was expected and found.
  package var description: String {
    switch self {
    case .empty:
      "image: empty: expected a PNG or JPEG file, found 0 bytes"
    case .unsupportedFormat(let found):
      "image: format not supported: expected PNG or JPEG, found \(found.rawValue)"
    case .unknownFormat(let start):
      "image: format not recognised: expected PNG or JPEG, found bytes "
        + start.hexadecimal
    case .unsupportedVariant(let format, let thing, let expected, let found):
      "\(format.rawValue) \(thing): not supported: expected \(expected), found \(found)"
    case .truncated(let format, let part, let expected, let found):
      "\(format.rawValue) \(part): truncated: expected \(expected) bytes, found \(found)"
    case .damaged(let format, let problem):
      "\(format.rawValue) data: damaged: \(problem)"
    case .noPixels(let width, let height):
      "image size: no pixels: expected sides of at least 1, found \(width)×\(height)"
    case .limit(let thing, let unit, let expected, let found):
      "\(thing): over the limit: expected at most \(expected) \(unit), found \(found)"
    case .paletteIndex(let range):
      "PNG palette index: out of range: \(range)"
    case .notAFile(let found):
      "image: not a regular file: found a \(found)"
    case .unreadable(let operation, let reason):
      "image: cannot \(operation): \(reason)"
    case .changedWhileRead(let expected, let found):
      "image: changed while it was read: expected \(expected) bytes, found \(found)"
    case .outOfMemory:
      "image: out of memory"
    case .notEncodable(let problem):
      "PNG data: cannot be encoded: \(problem)"
    }
  }
}
