import Foundation
import Testing

/// Work folders: what is a user's stays, and a folder has one run at a time.
struct WorkFolderTests {
  private static let run = ["--images", "2", "--steps", "3", "-q"]

  private func quantize(_ options: [String], in folder: TemporaryFolder) throws -> CommandRun {
    try CommandRun(
      ["quantize", "tiny-vit.vitq", "--data-free", "-o", "q.vitq"] + Self.run + options,
      in: folder.url)
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
    let folder = try TemporaryFolder.withModel()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("photos/2026"), withIntermediateDirectories: true)
    try folder.write(Data("photo".utf8), as: "photos/holiday.png")
    let run = try CommandRun(command + Self.run, in: folder.url)
    #expect(run.status == 73, "\(run.errors)")
    #expect(run.errors.hasPrefix("vitq: photos: the folder is not a synthesis journal: expected "))
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(try names("photos", in: folder) == ["2026", "holiday.png"])
  }

  @Test(arguments: [
    ["synthesize", "tiny-vit.vitq", "-o", "notes"],
    ["quantize", "tiny-vit.vitq", "--data-free", "--work-dir", "notes", "--no-resume"],
  ])
  func aFileIsNoWorkFolder(_ command: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    try folder.write(Data("mine".utf8), as: "notes")
    let run = try CommandRun(command + Self.run, in: folder.url)
    #expect(run.status == 73)
    #expect(run.errors == "vitq: notes: is a file: expected a folder\n")
    #expect(try folder.bytes("notes") == Data("mine".utf8))
  }

  @Test func aNewRunReplacesTheOldOneAndNothingElse() throws {
    let folder = try TemporaryFolder.withModel()
    let first = try quantize(["--work-dir", "w"], in: folder)
    #expect(first.status == 0, "\(first.errors)")
    let expected = try folder.bytes("q.vitq")
    try folder.write(Data("mine".utf8), as: "w/notes.txt")
    let other = try quantize(["--work-dir", "w", "--seed", "1"], in: folder)
    #expect(other.status == 73)
    let hint = "expected seed 1, found 0; start anew with --no-resume, or keep both with another"
    #expect(other.errors.hasSuffix("\(hint) --work-dir\n"), "\(other.errors)")
    let synthesize = try CommandRun(
      ["synthesize", "tiny-vit.vitq", "-o", "w", "--seed", "1"] + Self.run, in: folder.url)
    #expect(synthesize.status == 73)
    #expect(synthesize.errors.hasSuffix("\(hint) --output\n"), "\(synthesize.errors)")
    for seed in ["1", "0"] {
      let again = try quantize(["--work-dir", "w", "--seed", seed, "--no-resume"], in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try (folder.bytes("q.vitq") == expected) == (seed == "0"))
      #expect(try folder.bytes("w/notes.txt") == Data("mine".utf8))
    }
  }

  /// A second run is refused in one line, and the folder is free when the first ends, killed or not.
  @Test(arguments: [
    ["quantize", "--data-free", "-o", "q.vitq", "--work-dir", "w", "--steps", "100000"],
    ["synthesize", "-o", "w", "--steps", "100000"],
  ])
  func aSecondRunInTheFolderIsRefused(_ command: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let first = Process()
    first.executableURL = URL(fileURLWithPath: CommandRun.program)
    first.arguments = command + ["--images", "2", "-q"]
    first.currentDirectoryURL = folder.url
    first.standardOutput = FileHandle.nullDevice
    first.standardError = FileHandle.nullDevice
    try first.run()
    defer {
      if first.isRunning { kill(first.processIdentifier, SIGKILL) }
      first.waitUntilExit()
    }
    let plan = folder.url.appendingPathComponent("w/plan").path
    while first.isRunning, !FileManager.default.fileExists(atPath: plan) { usleep(2000) }
    let before = try folder.bytes("w/plan")
    for options in [[], ["--seed", "1"], ["--no-resume"]] {
      let second = try quantize(["--work-dir", "w"] + options, in: folder)
      #expect(second.status == 75, "\(second.errors)")
      #expect(
        second.errors
          == "vitq: w: the folder is in use: expected no other run in it, found one that has not "
          + "ended\n")
    }
    #expect(first.isRunning)
    #expect(try folder.bytes("w/plan") == before)
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()
    let third = try quantize(["--work-dir", "w", "--no-resume"], in: folder)
    #expect(third.status == 0, "\(third.errors)")
  }

  /// A finished run leaves the default folder to the next one; a named folder is asked about.
  @Test func aFinishedRunMakesRoomInTheDefaultFolder() throws {
    let folder = try TemporaryFolder.withModel()
    var models: [Data] = []
    for seed in ["0", "1", "0"] {
      let run = try quantize(["--seed", seed], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      models.append(try folder.bytes("q.vitq"))
    }
    #expect(models[0] == models[2] && models[0] != models[1])
    let named = try quantize(["--seed", "1", "--work-dir", "tiny-vit.images"], in: folder)
    #expect(named.status == 73, "\(named.errors)")
    try FileManager.default.removeItem(
      at: folder.url.appendingPathComponent("tiny-vit.images/image-1"))
    let unfinished = try quantize(["--seed", "1"], in: folder)
    #expect(unfinished.status == 73, "\(unfinished.errors)")
    let images = try CommandRun(
      ["synthesize", "--no-resume", "--seed", "5"] + Self.run, in: folder.url)
    #expect(images.status == 0, "\(images.errors)")
    let synthesized = try quantize(["--seed", "1"], in: folder)
    #expect(synthesized.status == 73, "\(synthesized.errors)")
  }

  /// Images that come from a run of another plan are not taken for those of this one.
  @Test func anImageOfAnotherPlanIsReported() throws {
    let folder = try TemporaryFolder.withModel()
    for (seed, work) in [("0", "a"), ("1", "b")] {
      let run = try quantize(["--seed", seed, "--work-dir", work], in: folder)
      #expect(run.status == 0, "\(run.errors)")
    }
    try folder.bytes("b/image-0").write(
      to: folder.url.appendingPathComponent("a/image-0"))
    let mixed = try quantize(["--work-dir", "a"], in: folder)
    #expect(mixed.status == 65)
    #expect(
      mixed.errors.hasPrefix("vitq: a/image-0: the state is of another run: expected the plan"))
    let anew = try quantize(["--work-dir", "a", "--no-resume"], in: folder)
    #expect(anew.status == 0, "\(anew.errors)")
  }
}
