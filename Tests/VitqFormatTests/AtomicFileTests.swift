import Foundation
import Testing
import VitqFormat
import VitqTestSupport

struct AtomicFileTests {
  @Test func appearsWhenItIsCommitted() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    var file = try AtomicFile(path: path, overwriting: false)
    try file.reserve(byteCount: 5)
    try file.write([1, 2, 3])
    try file.write([4, 5])
    try file.seek(to: 1)
    try file.write([9])
    #expect(try folder.contents().contains("a") == false)
    try file.commit()
    #expect(try folder.contents() == ["a"])
    #expect(try FileBytes(path: path).bytes(in: 0..<5) == [1, 9, 3, 4, 5])
  }

  @Test func leavesNothingWhenItIsNotCommitted() throws {
    let folder = try TemporaryFolder()
    do {
      var file = try AtomicFile(path: folder.file("a"), overwriting: false)
      try file.write([1, 2, 3])
      #expect(try folder.contents().count == 1)
    }
    #expect(try folder.contents().isEmpty)
  }

  @Test func replacesOnlyWhenItMay() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a")
    #expect(throws: FileError.exists) { try write(path, overwriting: false) }
    #expect(try FileBytes(path: path).bytes(in: 0..<1) == [1])
    try write(path, overwriting: true)
    #expect(try FileBytes(path: path).bytes(in: 0..<1) == [7])
    #expect(try folder.contents() == ["a"])
  }

  /// The name is free at first and taken at the end.
  @Test func doesNotReplaceAFileThatAppearedMeanwhile() throws {
    let folder = try TemporaryFolder()
    var file = try AtomicFile(path: folder.file("a"), overwriting: false)
    try file.write([7])
    try folder.write([1], to: "a")
    let result: FileError?
    do throws(FileError) {
      try file.commit()
      result = nil
    } catch {
      result = error
    }
    #expect(result == .exists)
    #expect(try FileBytes(path: folder.file("a")).bytes(in: 0..<1) == [1])
    #expect(try folder.contents() == ["a"])
  }

  @Test func replacesALinkAndNotWhatItNames() throws {
    let folder = try TemporaryFolder()
    let target = try folder.write([1], to: "target")
    try #require(symlink(target, folder.file("a")) == 0)
    try write(folder.file("a"), overwriting: true)
    #expect(try FileBytes(path: target).bytes(in: 0..<1) == [1])
    #expect(try FileBytes(path: folder.file("a")).bytes(in: 0..<1) == [7])
  }

  @Test func saysWhyAPathCannotBeWritten() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "a")
    let missing = folder.file("none")
    let paths: [(String, FileError)] = [
      ("\(missing)/a", .folderMissing(missing)),
      (folder.file("a/b"), .folderIsFile(folder.file("a"))),
      (folder.file("a/b/c"), .folderMissing(folder.file("a/b"))),
      (folder.path, .isDirectory),
      (folder.file("b/"), .isDirectory),
      (folder.file("a"), .exists),
      ("", .isDirectory),
      ("/dev/full", .notRegularFile),
      (folder.file(String(repeating: "n", count: 300)), .nameTooLong),
    ]
    for (path, expected) in paths {
      #expect(throws: expected) { try AtomicFile.checkWritable(path, overwriting: false) }
    }
    try AtomicFile.checkWritable(folder.file("b"), overwriting: false)
    try AtomicFile.checkWritable(folder.file("a"), overwriting: true)
    #expect(try folder.contents() == ["a"])
  }

  #if os(Linux)
    @Test func saysWhenAFolderIsNotWritable() {
      #expect(throws: FileError.folderNotWritable("/proc")) {
        try AtomicFile.checkWritable("/proc/a.vitq", overwriting: false)
      }
      #expect(throws: FileError.folderNotWritable("/proc")) { try JournalFolder("/proc/a").make() }
      #expect(throws: FileError.folderMissing("/proc/a")) { try JournalFolder("/proc/a/b").make() }
    }

    /// No file system holds a file of that length.
    @Test func findsAFullDiskBeforeItWrites() throws {
      let folder = try TemporaryFolder()
      do {
        let file = try AtomicFile(path: folder.file("a"), overwriting: false)
        #expect(throws: FileError.diskFull) { try file.reserve(byteCount: .max) }
      }
      #expect(try folder.contents().isEmpty)
    }
  #endif

  @Test(
    arguments: [
      (.folderMissing("out"), "the folder 'out' does not exist"),
      (.folderIsFile("out"), "'out' is a file: expected a folder"),
      (.notDirectory, "is a file: expected a folder"),
      (.notRegularFile, "is a pipe, a device or a socket: expected a regular file"),
      (.shortWrite(expected: 8, found: 3), "a write was cut short: expected 8 bytes, found 3"),
    ] as [(FileError, String)])
  func says(_ error: FileError, _ message: String) {
    #expect(error.description == message)
  }

  private func write(_ path: String, overwriting: Bool) throws {
    var file = try AtomicFile(path: path, overwriting: overwriting)
    try file.write([7])
    try file.commit()
  }
}
