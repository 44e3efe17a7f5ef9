import CVitqHDF5
import VitqFormat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that stays open, for reading only, as long as an archive may read from it.
final class HDF5File: Sendable {
  let handle: HDF5Handle
  let byteCount: Int

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Closes a file whose handle lives outside ``HDF5Library/exclusively(_:)``.
  private static let closeExclusively: HDF5Handle.Close = { id in
    HDF5Library.exclusively { H5Fclose(id) }
  }

  /// Opens `path`, without locking it, after a look at its first bytes and a rehearsal.
  ///
  /// - Throws: ``HDF5Error`` if it is not a regular file, not HDF5, truncated or too new, or if
  ///   the library crashes on it.
  init(path: String) throws(HDF5Error) {
    let byteCount = try Self.checkKind(of: path)
    self.byteCount = byteCount
    handle = try HDF5Library.exclusively { () throws(HDF5Error) in
      try HDF5Rehearsal(path: path, byteCount: byteCount).run()
      return try Self.open(path, closing: Self.closeExclusively)
    }
  }

  /// Opens `path` inside ``HDF5Library/exclusively(_:)``.
  static func open(_ path: String, closing close: @escaping HDF5Handle.Close) throws(HDF5Error)
    -> HDF5Handle
  {
    let access = try HDF5Handle(
      vitq_h5_new_file_access(), closing: H5Pclose,
      orThrow: .unreadable(reason: HDF5Library.errorText))
    _ = H5Pset_file_locking(access.id, false, true)
    return try unsafe HDF5Handle(
      H5Fopen(path, vitq_h5_read_only(), access.id), closing: close,
      orThrow: openFailure(HDF5Library.failure(of: "/")))
  }

  /// Checks that `path` is a regular file that starts like HDF5, and returns its size.
  private static func checkKind(of path: String) throws(HDF5Error) -> Int {
    func systemError() -> HDF5Error { unsafe .unreadable(reason: String(cString: strerror(errno))) }
    let descriptor = openReadOnly(path)
    guard descriptor >= 0 else { throw systemError() }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw systemError() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    let byteCount = Int(status.st_size)
    guard byteCount > 0 else { throw .empty }

    func bytes(at offset: Int, count: Int) throws(HDF5Error) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let read = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, count, off_t(offset))
      }
      guard read >= 0 else { throw systemError() }
      return Array(bytes.prefix(read))
    }
    // A user block of 512 bytes or any power of two beyond may stand before the signature.
    var offset = 0
    while offset < byteCount {
      if try bytes(at: offset, count: signature.count) == signature { return byteCount }
      offset = offset == 0 ? 512 : offset * 2
    }
    throw .notHDF5(resembles: kind(of: try bytes(at: 0, count: 512)))
  }

  /// A name for what is often found under the wrong extension.
  private static func kind(of start: [UInt8]) -> String? {
    if let format = FileFormat(startOf: start) { return format.rawValue }
    let isText = start.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    return isText ? "text" : nil
  }

  /// The error of opening a file, from what the library says of its root.
  private static func openFailure(_ failure: HDF5Error) -> HDF5Error {
    guard case .malformed(let object, let reason) = failure else { return failure }
    // "truncated file: eof = 96, sblock->base_addr = 0, stored_eof = 2048"
    guard reason.contains("truncated file") else {
      return .malformed(object: object, reason: reason)
    }
    let numbers = reason.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
    guard numbers.count >= 3 else { return .malformed(object: object, reason: reason) }
    return .truncated(expected: numbers[2], found: numbers[0])
  }
}

/// The system's `open`, which the members of ``HDF5File`` hide.
///
/// Without `O_NONBLOCK`, opening a FIFO would wait for a writer.
private func openReadOnly(_ path: String) -> Int32 {
  unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
}
