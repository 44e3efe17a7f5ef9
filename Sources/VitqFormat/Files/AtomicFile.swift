#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears complete under its name, or not at all.
///
/// Bytes go to a temporary file in the same folder. ``commit()`` makes them durable and renames the
/// file; letting go of an instance that was not committed removes it. At every instant the path
/// holds the complete old file, the complete new one, or nothing. A symbolic link at the path is
/// replaced, not followed.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let folder: String
  private let temporaryPath: String
  private let overwrites: Bool
  private let descriptor: Int32
  private var isCommitted = false

  /// Creates the temporary file.
  ///
  /// - Parameters:
  ///   - path: Where the file shall appear.
  ///   - overwriting: Whether a file that is there may be replaced.
  /// - Throws: ``FileError`` if `path` cannot be written or must not be replaced.
  package init(path: String, overwriting: Bool) throws(FileError) {
    self.path = path
    overwrites = overwriting
    folder = Self.folder(of: path)
    try Self.checkTarget(path, overwriting: overwriting)
    (descriptor, temporaryPath) = try Self.createTemporary(in: folder)
  }

  deinit {
    _ = close(descriptor)
    if !isCommitted { _ = unsafe unlink(temporaryPath) }
  }

  /// Writes a whole file; the path holds all of it or what it held before.
  package static func write(
    _ bytes: [UInt8], to path: String, overwriting: Bool
  ) throws(FileError) {
    var file = try AtomicFile(path: path, overwriting: overwriting)
    try file.write(bytes)
    try file.commit()
  }

  /// Finds out whether `path` can be written, by creating a temporary file and removing it.
  ///
  /// For use before long work.
  package static func checkWritable(_ path: String, overwriting: Bool) throws(FileError) {
    _ = try AtomicFile(path: path, overwriting: overwriting)
  }

  /// Claims the space of a file of `byteCount` bytes where the system can, so that a full disk is
  /// found before the bytes are made.
  package func reserve(byteCount: Int) throws(FileError) {
    #if os(Linux)
      // Unlike other calls this one returns its error number.
      switch posix_fallocate(descriptor, 0, off_t(byteCount)) {
      case ENOSPC, EDQUOT, EFBIG: throw .diskFull
      default: break
      }
    #endif
  }

  /// Appends `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      // Some systems refuse a single write of more than 2³¹ − 1 bytes.
      let piece = min(bytes.count - done, 1 << 30)
      let result = SystemCalls.retrying { () -> Int in
        guard let base = bytes.baseAddress else { return 0 }
        #if canImport(Glibc)
          return unsafe Glibc.write(descriptor, base + done, piece)
        #elseif canImport(Musl)
          return unsafe Musl.write(descriptor, base + done, piece)
        #else
          return unsafe Darwin.write(descriptor, base + done, piece)
        #endif
      }
      switch result {
      case .success(0): throw .shortWrite(expected: bytes.count, found: done)
      case .success(let count): done += count
      case .failure(let number): throw number.failure(ofWriting: "write")
      }
    }
  }

  /// Moves to `byteOffset` from the start, where the next write goes.
  package func seek(to byteOffset: Int) throws(FileError) {
    try Self.check("lseek", SystemCalls.retrying { lseek(descriptor, off_t(byteOffset), SEEK_SET) })
  }

  /// Makes the bytes durable and gives the file its name.
  package consuming func commit() throws(FileError) {
    try Self.check("fsync", SystemCalls.retrying { fsync(descriptor) })
    if overwrites {
      try Self.check("rename", SystemCalls.retrying { unsafe rename(temporaryPath, path) })
    } else {
      try placeWithoutReplacing()
    }
    isCommitted = true
    try Self.synchronize(folder: folder)
  }

  /// Gives the file its name unless the name is taken, in one step where links are supported.
  private func placeWithoutReplacing() throws(FileError) {
    switch SystemCalls.retrying({ unsafe link(temporaryPath, path) }) {
    case .success:
      _ = unsafe unlink(temporaryPath)
    case .failure(let number) where number.value == EEXIST:
      throw .exists
    case .failure:
      try Self.checkTarget(path, overwriting: false)
      try Self.check("rename", SystemCalls.retrying { unsafe rename(temporaryPath, path) })
    }
  }

  /// Makes the renaming durable; systems that cannot synchronise a folder need not.
  private static func synchronize(folder: String) throws(FileError) {
    guard case .success(let descriptor) = SystemCalls.open(folder, O_RDONLY | O_DIRECTORY) else {
      return
    }
    defer { _ = close(descriptor) }
    if case .failure(let number) = SystemCalls.retrying({ fsync(descriptor) }),
      ![EINVAL, ENOTSUP, EBADF].contains(number.value)
    {
      throw number.failure(ofWriting: "fsync")
    }
  }

  private static func check<T>(
    _ call: String, _ result: Result<T, ErrorNumber>
  ) throws(FileError) {
    if case .failure(let number) = result { throw number.failure(ofWriting: call) }
  }

  /// The folder that the system makes the file in that `path` names.
  static func folder(of path: String) -> String {
    let folder = path.folderOfPath
    return folder.isEmpty ? "." : folder
  }

  private static func checkTarget(_ path: String, overwriting: Bool) throws(FileError) {
    switch SystemCalls.status(of: path, link: true) {
    case .success(let status):
      guard !status.isDirectory else { throw .isDirectory }
      guard status.isRegularFile || status.isSymbolicLink else { throw .notRegularFile }
      guard overwriting else { throw .exists }
    case .failure(let number):
      switch number.value {
      case ENOENT where path.hasSuffix("/") || path.isEmpty: throw .isDirectory
      case ENOENT, EACCES, ENOTDIR: break
      case ENAMETOOLONG: throw .nameTooLong
      default: throw number.failure(of: "lstat")
      }
    }
  }

  private static func createTemporary(
    in folder: String
  ) throws(FileError) -> (descriptor: Int32, path: String) {
    var attempt = 0
    while true {
      let path = "\(folder)/.vitq-\(getpid())-\(attempt).tmp"
      switch SystemCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666) {
      case .success(let descriptor): return (descriptor, path)
      case .failure(let number):
        guard number.value == EEXIST, attempt < 1000 else {
          throw number.failure(of: "open", creatingIn: folder)
        }
        attempt += 1
      }
    }
  }
}
