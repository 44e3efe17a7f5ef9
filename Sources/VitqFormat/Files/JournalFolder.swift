#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of small files, each complete or not there, from which long work goes on.
package struct JournalFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package func path(of name: String) -> String { "\(path)/\(name)" }

  /// Makes the folder; one that is there stays.
  package func make() throws(FileError) {
    let made = SystemCalls.retrying { unsafe mkdir(path, 0o777) }
    if case .failure(let number) = made, number.value != EEXIST {
      throw number.failure(of: "mkdir", creatingIn: AtomicFile.folder(of: path))
    }
  }

  /// The bytes of a file, `nil` if it is not there.
  package func read(_ name: String) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      let file = try FileBytes(path: path(of: name))
      return file.bytes(in: 0..<file.count)
    } catch .notFound {
      return nil
    }
  }

  /// Writes a file; its name stands for all of its bytes or for those that were there.
  package func write(_ bytes: [UInt8], _ name: String) throws(FileError) {
    try AtomicFile.write(bytes, to: path(of: name), overwriting: true)
  }

  /// Removes a file, if it is there.
  package func remove(_ name: String) throws(FileError) {
    let removed = SystemCalls.retrying { unsafe unlink(path(of: name)) }
    if case .failure(let number) = removed, number.value != ENOENT {
      throw number.failure(of: "unlink")
    }
  }

  /// Removes the folder if it is empty.
  package func removeIfEmpty() { _ = unsafe rmdir(path) }

  /// The names in the folder.
  package func names() throws(FileError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      let number = ErrorNumber(errno)
      throw number.value == ENOTDIR ? .notDirectory : number.failure(of: "opendir")
    }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Whether a name is one of an unfinished ``AtomicFile``.
  package static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(".vitq-") && name.hasSuffix(".tmp")
  }
}
