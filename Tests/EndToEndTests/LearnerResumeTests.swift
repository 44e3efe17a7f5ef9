import Foundation
import Testing
import VitqTestSupport

/// Runs that are killed while they learn: what was learned is kept beside the model until it is
/// written.
struct LearnerResumeTests {
  private static let fixtures = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let convert = try CommandRun(
      ["convert", Self.fixtures.appendingPathComponent("tiny-vit.h5").path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    return folder
  }

  private func exists(_ name: String, in folder: TemporaryFolder) -> Bool {
    FileManager.default.fileExists(atPath: folder.url.appendingPathComponent(name).path)
  }

  private func images(_ folder: TemporaryFolder) -> [String] {
    [
      "quantize", "tiny-vit.vitq", "--data-free", "--images", "3", "--steps", "4", "--work-dir",
      "work", "-q",
    ]
  }

  private func sardfq(iterations: Int) -> [String] {
    [
      "--set", "quantization.learner=sardfq", "--set", "quantization.iterations=\(iterations)",
    ]
  }

  /// Runs a command and sends a signal once a file is there.
  private func run(
    _ command: [String], in folder: TemporaryFolder, sending signal: Int32, at name: String
  ) throws -> CommandRun {
    try CommandRun(command, in: folder.url) { process in
      while process.isRunning, !exists(name, in: folder) { usleep(500) }
      kill(process.processIdentifier, signal)
      for _ in 0..<60_000 where process.isRunning { usleep(2000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  struct Case: Sendable {
    var options: [String]
    /// How many states there are when the run is killed, again and again.
    var stateCounts: [Int]
  }

  static let cases = [
    Case(
      options: [
        "--images", "3", "--steps", "4", "--set", "quantization.learner=sardfq", "--set",
        "quantization.iterations=60",
      ], stateCounts: [1, 3, 5]),
    Case(options: ["--images", "96", "--method", "noise"], stateCounts: [1, 4]),
  ]

  @Test(arguments: cases)
  func aKilledLearnerGoesOnToTheSameBytes(_ expected: Case) throws {
    let folder = try folder()
    let command = ["quantize", "tiny-vit.vitq", "--data-free", "-q"] + expected.options
    let whole = try CommandRun(
      command + ["-o", "whole.vitq", "--work-dir", "whole"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(!exists("whole.vitq.learner", in: folder))
    let cut = command + ["-o", "cut.vitq", "--work-dir", "cut"]
    for count in expected.stateCounts {
      let killed = try CommandRun(cut, in: folder.url) { process in
        while process.isRunning, stateCount(in: folder) < count { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
      }
      #expect(killed.status == SIGKILL)
      try #require(!exists("cut.vitq", in: folder))
    }
    let resumed = try CommandRun(cut, in: folder.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("cut.vitq") == folder.bytes("whole.vitq"))
    #expect(!exists("cut.vitq.learner", in: folder))
  }

  /// Kills at any moment of learning and of writing the model, up to two thirds of a run.
  @Test func aLearnerGoesOnAfterFiftyRandomKills() throws {
    let folder = try folder()
    let command =
      ["quantize", "tiny-vit.vitq", "--data-free", "--method", "noise", "--images", "3", "-q"]
      + sardfq(iterations: 30)
    let start = ContinuousClock.now
    let whole = try CommandRun(command + ["-o", "whole.vitq"], in: folder.url)
    let duration = (ContinuousClock.now - start) / .microseconds(1)
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try folder.bytes("whole.vitq")
    var random = SplitMix64(seed: 2)
    var whileLearning = 0
    for _ in 0..<50 {
      let delay = UInt32(Double.random(in: 0...duration * 2 / 3, using: &random))
      _ = try CommandRun(command + ["-o", "cut.vitq"], in: folder.url) { process in
        usleep(delay)
        kill(process.processIdentifier, SIGKILL)
      }
      if exists("cut.vitq", in: folder) {
        // What is there under the final name is whole.
        #expect(try folder.bytes("cut.vitq") == expected)
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("cut.vitq"))
      } else if stateCount(in: folder) > 0 {
        whileLearning += 1
      }
    }
    let last = try CommandRun(command + ["-o", "cut.vitq"], in: folder.url)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try folder.bytes("cut.vitq") == expected)
    #expect(whileLearning >= 10, "\(whileLearning) of 50 kills left what was learned")
    #expect(!exists("cut.vitq.learner", in: folder))
  }

  private func stateCount(in folder: TemporaryFolder) -> Int {
    let path = folder.url.appendingPathComponent("cut.vitq.learner").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("segment-") || $0.hasPrefix("layer-") }.count
  }

  /// Another recipe has no use for what was learned; the images stay as they are.
  @Test func anotherRecipeStartsAnewWithTheSameImages() throws {
    let folder = try folder()
    let command = images(folder) + ["-o", "out.vitq"]
    let killed = try run(
      command + sardfq(iterations: 100), in: folder, sending: SIGKILL,
      at: "out.vitq.learner/segment-0-0-1")
    #expect(killed.status == SIGKILL)
    let image = try folder.bytes("work/image-1")
    let attributes = try FileManager.default.attributesOfItem(
      atPath: folder.url.appendingPathComponent("work/image-1").path)
    for (name, iterations) in [("out.vitq", 2), ("fresh.vitq", 2)] {
      let other = try CommandRun(
        images(folder) + ["-o", name] + sardfq(iterations: iterations), in: folder.url)
      #expect(other.status == 0, "\(other.errors)")
    }
    #expect(try folder.bytes("out.vitq") == folder.bytes("fresh.vitq"))
    #expect(try folder.bytes("work/image-1") == image)
    let after = try FileManager.default.attributesOfItem(
      atPath: folder.url.appendingPathComponent("work/image-1").path)
    #expect(
      after[.modificationDate] as? Date == attributes[.modificationDate] as? Date)
    #expect(!exists("out.vitq.learner", in: folder))
  }

  @Test func aDamagedStateIsNamedAndCanBeRemoved() throws {
    let folder = try folder()
    let command = images(folder) + ["-o", "out.vitq"] + sardfq(iterations: 60)
    let state = "out.vitq.learner/segment-0-0-1"
    let stopped = try run(command, in: folder, sending: SIGTERM, at: state)
    #expect(stopped.status == 75)
    #expect(
      stopped.errors
        == "vitq: interrupted; the same command goes on from work and out.vitq.learner\n")
    var bytes = try folder.bytes(state)
    bytes[200] ^= 1
    try folder.write(bytes, as: state)
    let damaged = try CommandRun(command, in: folder.url)
    #expect(damaged.status == 65)
    #expect(
      damaged.errors
        == "vitq: \(state): damaged state of a learner: the digest does not match the bytes; remove "
        + "the file to learn its part again\n")
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent(state))
    let mended = try CommandRun(command, in: folder.url)
    #expect(mended.status == 0, "\(mended.errors)")
    let whole = try CommandRun(
      images(folder) + ["-o", "whole.vitq", "--no-resume"] + sardfq(iterations: 60),
      in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(try folder.bytes("out.vitq") == folder.bytes("whole.vitq"))
  }

  @Test func startingAnewForgetsWhatWasLearned() throws {
    let folder = try folder()
    let command = images(folder) + ["-o", "out.vitq"] + sardfq(iterations: 60)
    let state = "out.vitq.learner/segment-0-0-1"
    _ = try run(command, in: folder, sending: SIGKILL, at: state)
    try folder.write(Data([1]), as: state)
    try folder.write(Data("mine".utf8), as: "out.vitq.learner/notes")
    let anew = try CommandRun(command + ["--no-resume"], in: folder.url)
    #expect(anew.status == 0, "\(anew.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(
        atPath: folder.url.appendingPathComponent("out.vitq.learner").path) == ["notes"])
  }

  /// Refused before images are made.
  @Test func aFolderOfTheUserIsRefusedAndStays() throws {
    let folder = try folder()
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("out.vitq.learner"), withIntermediateDirectories: true)
    try folder.write(Data([1]), as: "out.vitq.learner/photo.png")
    for options in [[], ["--no-resume"]] {
      let run = try CommandRun(images(folder) + ["-o", "out.vitq"] + options, in: folder.url)
      #expect(run.status == 73)
      #expect(
        run.errors.hasPrefix("vitq: out.vitq.learner: the folder is not a learner's journal: "),
        "\(run.errors)")
      #expect(!exists("work", in: folder))
      #expect(exists("out.vitq.learner/photo.png", in: folder))
    }
  }

  /// What there is to go on from depends on where the images come from and on what was learned.
  @Test func aStoppedRunSaysWhatItGoesOnFrom() throws {
    let folder = try folder()
    let sources = [
      ["--data-free", "--method", "noise"],
      ["--calib", Self.fixtures.appendingPathComponent("images").path],
    ]
    for source in sources {
      let command =
        ["quantize", "tiny-vit.vitq", "-q", "-o", "out.vitq", "--images", "4"] + source
      let first = try run(
        command + sardfq(iterations: 1_000_000), in: folder, sending: SIGTERM,
        at: "out.vitq.learner/plan")
      #expect(first.status == 75)
      #expect(
        first.errors
          == "vitq: interrupted; there is nothing yet to go on from: the same command starts "
          + "anew\n")
      #expect(try folder.names == ["tiny-vit.vitq"])
      let second = try run(
        command + sardfq(iterations: 60), in: folder, sending: SIGTERM,
        at: "out.vitq.learner/segment-0-0-0")
      #expect(second.status == 75)
      #expect(
        second.errors == "vitq: interrupted; the same command goes on from out.vitq.learner\n")
      let third = try CommandRun(command + sardfq(iterations: 60), in: folder.url)
      #expect(third.status == 0, "\(third.errors)")
      #expect(try folder.names == ["out.vitq", "tiny-vit.vitq"])
      try FileManager.default.removeItem(at: folder.url.appendingPathComponent("out.vitq"))
    }
  }
}
