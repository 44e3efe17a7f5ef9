#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to write in a folder, which nobody else has while the instance lives.
///
/// The system takes the lock from a process that ends, however it ends. Whoever removes the file has
/// the lock; one that was removed before it was locked counts for nothing, so that no two processes
/// hold locks on two files of the same name.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - folder: The folder to have alone.
  ///   - name: The name of the file in it that is locked; it is made if it is not there.
  /// - Throws: ``FileError/inUse`` if another run has it; other ``FileError``s of the file.
  package init(folder: String, name: String) throws(FileError) {
    let path = "\(folder)/\(name)"
    while true {
      let opened = try Self.opened(path, in: folder)
      do throws(FileError) {
        try Self.lock(opened)
        if case .success(let status) = SystemCalls.status(of: opened), status.st_nlink > 0 {
          descriptor = opened
          return
        }
      } catch {
        close(opened)
        throw error
      }
      close(opened)
    }
  }

  private static func opened(_ path: String, in folder: String) throws(FileError) -> Int32 {
    switch SystemCalls.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o666) {
    case .success(let descriptor): return descriptor
    case .failure(let number):
      throw number.failure(of: "open", creatingIn: folder)
    }
  }

  private static func lock(_ descriptor: Int32) throws(FileError) {
    guard
      case .failure(let number) = SystemCalls.retrying({ flock(descriptor, LOCK_EX | LOCK_NB) })
    else { return }
    guard number.value != EWOULDBLOCK else { throw .inUse }
    // A file system without locks: states name their plan, so other runs show all the same.
    guard [ENOSYS, ENOTSUP, EOPNOTSUPP].contains(number.value) else {
      throw number.failure(of: "flock")
    }
  }

  deinit {
    // Before the descriptor is closed: a child between fork and exec has it too.
    _ = flock(descriptor, LOCK_UN)
    _ = close(descriptor)
  }
}
