import Foundation
import Testing
import VitqImageCodecs

@Suite("Image files")
struct ImageFileTests {
  /// Runs `body` with the path of a folder of its own.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path(percentEncoded: false))
  }

  private func message(_ path: String, limits: ImageLimits = ImageLimits()) -> String? {
    let error = #expect(throws: ImageError.self) {
      try ImageFile.read(path: path, limits: limits)
    }
    return error?.description
  }

  @Test(arguments: [0, 1, 100_000]) func areReadWhole(_ byteCount: Int) throws {
    try withFolder { folder in
      let path = folder + "/-rf \u{1B}[31m\n.png"
      let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 * 7) }
      #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
      let found = try ImageFile.read(path: path)
      #expect(found == bytes)
    }
  }

  @Test func mustExist() throws {
    #expect(message("/nowhere/a.png") == "image: cannot open: no such file or directory")
    #expect(message("a\0.png") == "image: cannot open: the name has a NUL")
    #expect(message("") == "image: cannot open: no such file or directory")
  }

  @Test func mustBeRegular() throws {
    try withFolder { folder in
      #expect(message(folder) == "image: not a regular file: found a directory")
      let fifo = folder + "/fifo"
      #expect(mkfifo(fifo, 0o600) == 0)
      #expect(message(fifo) == "image: not a regular file: found a FIFO")
    }
    #expect(message("/dev/zero") == "image: not a regular file: found a device")
  }

  @Test func mustKeepToTheLimit() throws {
    try withFolder { folder in
      let path = folder + "/image.png"
      #expect(FileManager.default.createFile(atPath: path, contents: Data(count: 11)))
      var limits = ImageLimits()
      limits.byteCount = 10
      #expect(
        message(path, limits: limits)
          == "image file: over the limit: expected at most 10 bytes, found 11")
      limits.byteCount = 11
      let found = try ImageFile.read(path: path, limits: limits)
      #expect(found.count == 11)
    }
  }
}
