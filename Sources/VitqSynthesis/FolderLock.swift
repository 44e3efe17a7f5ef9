import VitqFormat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to write in the folder of a journal, which nobody else has while the instance lives.
///
/// The system takes the lock from a process that ends, however it ends. The file stays in the folder:
/// removing it would let two processes hold locks on two files of the same name.
final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - folder: The folder to have alone.
  ///   - name: The name of the file in it that is locked; it is made if it is not there.
  /// - Throws: ``SynthesisError/inUse(path:)`` if another run has it.
  init(folder: String, name: String) throws(SynthesisError) {
    let path = "\(folder)/\(name)"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard opened >= 0 else {
      let number = errno
      guard ![EACCES, EPERM, EROFS].contains(number) else {
        throw .journal(path: path, .folderNotWritable(folder))
      }
      throw .failed("open", path, number)
    }
    while flock(opened, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      // A file system without locks: states name their plan, so other runs show all the same.
      if number == ENOSYS || number == ENOTSUP || number == EOPNOTSUPP { break }
      close(opened)
      guard number != EWOULDBLOCK else { throw .inUse(path: folder) }
      throw .failed("flock", path, number)
    }
    descriptor = opened
  }

  deinit { close(descriptor) }
}
