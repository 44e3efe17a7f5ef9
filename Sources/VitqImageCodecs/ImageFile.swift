#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads whole image files.
package enum ImageFile {
  /// The bytes of the regular file at `path`.
  ///
  /// - Throws: ``ImageError`` when there is no such file, when it is a directory, FIFO, device or
  ///   socket, when it is larger than `limits` allow, and when it changes while it is read.
  package static func read(
    path: String, limits: ImageLimits = ImageLimits()
  ) throws(ImageError) -> [UInt8] {
    guard !path.utf8.contains(0) else {
      throw .unreadable(operation: "open", reason: "the name has a NUL")
    }
    // Without waiting for the writer of a FIFO, which is refused below.
    let file = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw systemError("open") }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw systemError("examine") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notAFile(found: kind(of: status.st_mode))
    }
    let byteCount = Int(status.st_size)
    guard byteCount <= limits.byteCount else {
      throw .limit(thing: "image file", unit: "bytes", expected: limits.byteCount, found: byteCount)
    }
    return try read(byteCount, from: file)
  }

  private static func read(_ byteCount: Int, from file: Int32) throws(ImageError) -> [UInt8] {
    // One byte more than expected, so that a file that grew is noticed.
    var bytes = [UInt8](repeating: 0, count: byteCount + 1)
    var filled = 0
    while filled < bytes.count {
      let piece = min(bytes.count - filled, 1 << 24)
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe readPiece(file, into: buffer.baseAddress.unsafelyUnwrapped + filled, piece)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw systemError("read") }
      guard count > 0 else { break }
      filled += count
    }
    guard filled == byteCount else {
      throw .changedWhileRead(expected: byteCount, found: filled)
    }
    bytes.removeLast()
    return bytes
  }

  private static func systemError(_ operation: String) -> ImageError {
    let code = errno
    return .unreadable(
      operation: operation, reason: unsafe String(cString: strerror(code)).lowercased())
  }

  private static func kind(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "directory"
    case S_IFIFO: "FIFO"
    case S_IFCHR, S_IFBLK: "device"
    case S_IFSOCK: "socket"
    default: "special file"
    }
  }
}

// At file scope, where `read` is the system's.
private func readPiece(_ file: Int32, into bytes: UnsafeMutableRawPointer, _ byteCount: Int) -> Int
{
  unsafe read(file, bytes, byteCount)
}
