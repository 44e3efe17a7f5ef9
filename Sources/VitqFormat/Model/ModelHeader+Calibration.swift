extension ModelHeader {
  private static let calibrationKey = "calibration_images"
  private static let digestCount = 64

  /// The images of a folder that went into a model, by name; empty of a data-free one.
  ///
  /// It was calibrated with them, or with images that were synthesised with their attention as prior.
  /// The attribute has a line for each, as `sha256sum` writes it: the digest, two spaces, the name. A
  /// backslash stands before a line whose name has `\\` for a backslash, `\n` and `\r` for ends of
  /// lines.
  package var calibrationImages: [Source] {
    get {
      (attributes[Self.calibrationKey] ?? "").split(separator: "\n").compactMap { Self.image($0) }
    }
    set {
      let lines = newValue.map { Self.line($0) }
      attributes[Self.calibrationKey] = lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
  }

  /// The line of an image.
  package static func line(_ image: Source) -> String {
    var name = ""
    for scalar in image.name.unicodeScalars {
      switch scalar {
      case "\\": name += "\\\\"
      case "\n": name += "\\n"
      case "\r": name += "\\r"
      default: name.unicodeScalars.append(scalar)
      }
    }
    let mark = name.unicodeScalars.count == image.name.unicodeScalars.count ? "" : "\\"
    return "\(mark)\(image.sha256)  \(name)"
  }

  /// The image of a line, `nil` if it is of another form.
  package static func image(_ line: Substring) -> Source? {
    let isEscaped = line.hasPrefix("\\")
    let content = line.dropFirst(isEscaped ? 1 : 0)
    let digest = content.prefix(digestCount)
    let name = content.dropFirst(digestCount)
    guard digest.utf8.count == digestCount, digest.allSatisfy({ "0123456789abcdef".contains($0) }),
      name.hasPrefix("  ")
    else { return nil }
    return Source(
      name: isEscaped ? unescaped(name.dropFirst(2)) : String(name.dropFirst(2)),
      sha256: String(digest))
  }

  private static func unescaped(_ text: Substring) -> String {
    var name = ""
    var isSecond = false
    for scalar in text.unicodeScalars {
      if isSecond {
        name.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
        isSecond = false
      } else if scalar == "\\" {
        isSecond = true
      } else {
        name.unicodeScalars.append(scalar)
      }
    }
    return name
  }
}
