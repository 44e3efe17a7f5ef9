#if os(Linux)
  import Foundation
  import Testing
  import VitqFormat
  import VitqTestSupport

  struct FolderLockTests {
    @Test func oneInstanceHasTheFolder() throws {
      let folder = try TemporaryFolder()
      var first: FolderLock? = try FolderLock(folder: folder.path, name: "lock")
      #expect(throws: FileError.inUse) { try FolderLock(folder: folder.path, name: "lock") }
      withExtendedLifetime(first) {}
      first = nil
      _ = try FolderLock(folder: folder.path, name: "lock")
    }

    /// A process that is being started has all descriptors of this one for an instant.
    @Test func endsWithTheInstanceThoughItsFileIsStillOpen() throws {
      let folder = try TemporaryFolder()
      var lock: FolderLock? = try FolderLock(folder: folder.path, name: "lock")
      let copies = try Self.descriptors(of: folder.file("lock")).map { dup($0) }
      defer { for copy in copies { close(copy) } }
      try #require(!copies.isEmpty && copies.allSatisfy { $0 >= 0 })
      withExtendedLifetime(lock) {}
      lock = nil
      _ = try FolderLock(folder: folder.path, name: "lock")
    }

    /// Those of this process that a file is open under.
    private static func descriptors(of path: String) throws -> [Int32] {
      let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        return link == target ? Int32($0) : nil
      }
    }
  }
#endif
