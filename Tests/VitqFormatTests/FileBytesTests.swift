import Foundation
import Testing
import VitqFormat
import VitqTestSupport

struct FileBytesTests {
  @Test func mapsAFile() throws {
    let folder = try TemporaryFolder()
    let content: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let bytes = try FileBytes(path: folder.write(content, to: "a"))
    #expect(bytes.count == 9)
    #expect(bytes.bytes(in: 0..<9) == content)
    #expect(bytes[8] == 9)
    #expect(bytes.load(UInt64.self, at: 1) == 0x0908_0706_0504_0302)
    #expect(bytes.load(UInt16.self, at: 7) == 0x0908)
  }

  @Test func keepsTheOldBytesWhenTheFileIsReplaced() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "a")
    let bytes = try FileBytes(path: path)
    var file = try AtomicFile(path: path, overwriting: true)
    try file.write([9])
    try file.commit()
    #expect(bytes.bytes(in: 0..<3) == [1, 2, 3])
    #expect(try FileBytes(path: path).bytes(in: 0..<1) == [9])
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.notFound) { try FileBytes(path: folder.file("none")) }
    #expect(throws: FileError.notFound) { try FileBytes(path: folder.file("none/a")) }
    #expect(throws: FileError.notFound) { try FileBytes(path: "") }
    #expect(throws: FileError.notFound) { try FileBytes(path: "/\0tmp") }
    #expect(throws: FileError.isDirectory) { try FileBytes(path: folder.path) }
    #expect(throws: FileError.empty) { try FileBytes(path: folder.write([], to: "empty")) }
    #expect(throws: FileError.notRegularFile) { try FileBytes(path: "/dev/null") }
    #expect(throws: FileError.nameTooLong) {
      try FileBytes(path: folder.file(String(repeating: "n", count: 300)))
    }
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(throws: FileError.notRegularFile) { try FileBytes(path: pipe) }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may read every file"))
  func refusesAFileWithoutPermission() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "a")
    try #require(chmod(path, 0) == 0)
    #expect(throws: FileError.notReadable) { try FileBytes(path: path) }
  }

  @Test func refusesLinksWhereItIsToldTo() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2], to: "file")
    #expect(try FileBytes(path: folder.file("file"), links: .refused).count == 2)
    #expect(symlink(folder.file("file"), folder.file("symbolic")) == 0)
    #expect(throws: FileError.symbolicLink) {
      try FileBytes(path: folder.file("symbolic"), links: .refused)
    }
    #expect(try FileBytes(path: folder.file("symbolic")).count == 2)
    #expect(link(folder.file("file"), folder.file("hard")) == 0)
    #expect(throws: FileError.hardLinked) {
      try FileBytes(path: folder.file("file"), links: .refused)
    }
  }

  @Test func readsReleasedPagesAgain() throws {
    let folder = try TemporaryFolder()
    let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let file = try FileBytes(path: folder.write(contents, to: "file"))
    for range in [0..<0, 1..<4095, 5000..<90_000, 0..<100_000] {
      file.releasePages(in: range)
      #expect(file.bytes(in: 0..<file.count) == contents)
    }
    FileBytes([1, 2, 3]).releasePages(in: 0..<3)
  }
}
