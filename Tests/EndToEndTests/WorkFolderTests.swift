import Foundation
import Testing

/// Work folders: what is a user's stays, and a folder has one run at a time.
struct WorkFolderTests {
  private static let run = ["--images", "2", "--steps", "3", "-q"]

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit/tiny-vit.h5")
    let convert = try CommandRun(["convert", checkpoint.path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    return folder
  }

  private func quantize(_ options: [String], in folder: TemporaryFolder) throws -> CommandRun {
    try CommandRun(
      ["quantize", "tiny-vit.vitq", "--data-free", "-o", "q.vitq"] + Self.run + options,
      in: folder.url)
  }

  private func bytes(_ name: String, in folder: TemporaryFolder) throws -> Data {
    try Data(contentsOf: folder.url.appendingPathComponent(name))
  }

  private func names(_ name: String, in folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appendingPathComponent(name).path
    ).sorted()
  }

  @Test(
    arguments: [
      ["synthesize", "tiny-vit.vitq", "-o", "photos", "--no-resume"],
      ["synthesize", "tiny-vit.vitq", "-o", "photos"],
      ["quantize", "tiny-vit.vitq", "--data-free", "--work-dir", "photos", "--no-resume"],
      ["quantize", "tiny-vit.vitq", "--data-free", "--work-dir", "photos"],
    ])
  func aFolderOfTheUserIsRefusedAndStays(_ command: [String]) throws {
    let folder = try folder()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("photos/2026"), withIntermediateDirectories: true)
    try folder.write(Data("photo".utf8), as: "photos/holiday.png")
    let run = try CommandRun(command + Self.run, in: folder.url)
    #expect(run.status == 73, "\(run.errors)")
    #expect(run.errors.hasPrefix("vitq: photos: the folder is not a synthesis journal: expected "))
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(try names("photos", in: folder) == ["2026", "holiday.png"])
  }

  @Test func aNewRunReplacesTheOldOneAndNothingElse() throws {
    let folder = try folder()
    let first = try quantize(["--work-dir", "w"], in: folder)
    #expect(first.status == 0, "\(first.errors)")
    let expected = try bytes("q.vitq", in: folder)
    try folder.write(Data("mine".utf8), as: "w/notes.txt")
    let other = try quantize(["--work-dir", "w", "--seed", "1"], in: folder)
    #expect(other.status == 73)
    #expect(other.errors.contains("expected seed 1, found 0; start anew with --no-resume"))
    for seed in ["1", "0"] {
      let again = try quantize(["--work-dir", "w", "--seed", seed, "--no-resume"], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try (bytes("q.vitq", in: folder) == expected) == (seed == "0"))
      #expect(try bytes("w/notes.txt", in: folder) == Data("mine".utf8))
    }
  }
}
