import Foundation
import Testing
import VitqCheckpoints
import VitqHDF5
import VitqTestSupport

/// Files with damage that no reader can foresee: they may load, they may be refused, but they
/// may not crash, hang or take memory without bound.
struct HDF5MutationTests {
  private let original: [UInt8]

  init() throws { original = Array(try Data(contentsOf: URL(fileURLWithPath: file("good")))) }

  @Test func survivesEachByteOfTheSuperblock() throws {
    for offset in 0..<96 {
      var bytes = original
      bytes[offset] ^= 0x5A
      try open(bytes)
    }
  }

  @Test func survivesDamageAnywhere() throws {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<100 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: .min ... .max, using: &generator)
      }
      try open(bytes)
    }
  }

  @Test func refusesEveryTruncation() throws {
    for count in stride(from: 0, to: original.count, by: 311) {
      #expect(throws: HDF5Error.self) { try archive(Array(original.prefix(count))) }
    }
  }

  /// Reads all there is to read.
  private func open(_ bytes: [UInt8]) throws {
    do {
      let archive = try archive(bytes)
      for entry in archive.entries { _ = try? archive.tensor(entry.name) }
    } catch is HDF5Error {}
  }

  private func archive(_ bytes: [UInt8]) throws -> HDF5Archive {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "vitq-\(ProcessInfo.processInfo.processIdentifier)-\(UUID()).h5")
    #expect(FileManager.default.createFile(atPath: url.path, contents: Data(bytes)))
    defer { try? FileManager.default.removeItem(at: url) }
    return try HDF5Archive(path: url.path)
  }
}
