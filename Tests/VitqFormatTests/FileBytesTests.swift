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
}
