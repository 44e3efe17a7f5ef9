#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The calls of the operating system that this module makes, retried when a signal interrupts them.
enum SystemCalls {
  /// The file descriptor, or the error number.
  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0
  ) -> Result<Int32, ErrorNumber> {
    // A NUL would silently end the path early.
    guard !path.utf8.contains(0) else { return .failure(ErrorNumber(ENOENT)) }
    return retrying {
      #if canImport(Glibc)
        unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
      #elseif canImport(Musl)
        unsafe Musl.open(path, flags | O_CLOEXEC, mode)
      #else
        unsafe Darwin.open(path, flags | O_CLOEXEC, mode)
      #endif
    }
  }

  /// Reads up to `count` bytes; 0 at the end of the file.
  static func read(
    _ descriptor: Int32, into memory: UnsafeMutableRawPointer, count: Int
  ) -> Result<Int, ErrorNumber> {
    // Some systems refuse a single read of more than 2³¹ − 1 bytes.
    let piece = min(count, 1 << 30)
    return retrying {
      #if canImport(Glibc)
        unsafe Glibc.read(descriptor, memory, piece)
      #elseif canImport(Musl)
        unsafe Musl.read(descriptor, memory, piece)
      #else
        unsafe Darwin.read(descriptor, memory, piece)
      #endif
    }
  }

  /// Calls `body` until a signal no longer interrupts it; a negative result is an error.
  static func retrying<T: FixedWidthInteger & SignedInteger>(
    _ body: () -> T
  ) -> Result<T, ErrorNumber> {
    while true {
      let result = body()
      if result >= 0 { return .success(result) }
      let number = errno
      if number != EINTR { return .failure(ErrorNumber(number)) }
    }
  }

  /// The size and kind of what a path names; links are followed unless `link` is true.
  static func status(of path: String, link: Bool = false) -> Result<stat, ErrorNumber> {
    guard !path.utf8.contains(0) else { return .failure(ErrorNumber(ENOENT)) }
    var status = stat()
    return retrying { link ? unsafe lstat(path, &status) : unsafe stat(path, &status) }
      .map { _ in status }
  }

  static func status(of descriptor: Int32) -> Result<stat, ErrorNumber> {
    var status = stat()
    return retrying { unsafe fstat(descriptor, &status) }.map { _ in status }
  }
}

/// The value of `errno` after a failed call.
struct ErrorNumber: Error, Equatable {
  let value: Int32

  init(_ value: Int32) { self.value = value }

  /// The error of a call that has no case of its own.
  func failure(of call: String) -> FileError {
    .failed(
      call: call, errorNumber: value, reason: unsafe String(cString: strerror(value)))
  }

  /// The error of a call that puts bytes into a file.
  func failure(ofWriting call: String) -> FileError {
    switch value {
    case ENOSPC, EDQUOT, EFBIG: .diskFull
    case ENAMETOOLONG: .nameTooLong
    case EISDIR: .isDirectory
    default: failure(of: call)
    }
  }

  /// The error of a call that makes a file or a folder in `folder`.
  func failure(of call: String, creatingIn folder: String) -> FileError {
    switch value {
    case ENOENT, ENOTDIR:
      // Some special folders exist and answer so to whoever creates a file.
      guard case .success(let status) = SystemCalls.status(of: folder) else {
        return .folderMissing(folder)
      }
      return status.isDirectory ? .folderNotWritable(folder) : .folderIsFile(folder)
    case EACCES, EPERM, EROFS: return .folderNotWritable(folder)
    default: return failure(ofWriting: call)
    }
  }
}

extension stat {
  var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }
}
