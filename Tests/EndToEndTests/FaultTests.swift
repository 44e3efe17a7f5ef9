import Foundation
import Testing
import VitqTestSupport

/// Kills and full disks: a run goes on to the same bytes, and leaves nothing half written.
@Suite(.serialized) struct FaultTests {
  /// Images with five checkpoints each before their last step.
  private static let run = ["--images", "2", "--steps", "600", "-t", "2", "-q"]

  private func folder() throws -> EndToEndTests.TemporaryFolder {
    let folder = try EndToEndTests.TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit/tiny-vit.h5")
    let convert = try CommandRun(["convert", checkpoint.path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    return folder
  }

  @Test func goesOnAfterAHundredKills() throws {
    let folder = try folder()
    let command = ["quantize", "tiny-vit.vitq", "--data-free"] + Self.run
    let start = ContinuousClock.now
    let whole = try CommandRun(
      command + ["-o", "whole.vitq", "--work-dir", "whole"], in: folder.url)
    let duration = ContinuousClock.now - start
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try folder.bytes("whole.vitq")

    var random = SplitMix64(seed: 1)
    var kills = 0
    var finished = 0
    var insideAnImage = 0
    var restarts = 0
    let made: [Data?] = try ["image-0", "image-1"].map { try folder.bytes("whole/\($0)") }
    let cut = command + ["-o", "cut.vitq", "--work-dir", "cut"]
    // Long enough for a checkpoint on any machine.
    var longest = max(duration / 6, .milliseconds(500)) / .milliseconds(1)
    while kills < 100 {
      // A machine that is busier than during the whole run gets less far in the same time.
      if kills % 20 == 0, restarts + finished < kills / 20 { longest *= 1.5 }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: CommandRun.program)
      process.arguments = cut
      process.currentDirectoryURL = folder.url
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let delay = Double.random(in: 0...longest, using: &random)
      usleep(UInt32(delay * 1000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      kills += 1
      let states = ["image-0", "image-1"].map { try? folder.bytes("cut/\($0)") }
      if zip(states, made).contains(where: { $0 != nil && $0 != $1 }) { insideAnImage += 1 }
      // What is there under the final name is whole.
      if try folder.names.contains("cut.vitq") {
        finished += 1
        #expect(try folder.bytes("cut.vitq") == expected)
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("cut.vitq"))
      } else if states == made, Bool.random(using: &random) {
        // Quantizing them takes longer than any run lives: back to the images.
        restarts += 1
      } else {
        continue
      }
      // Without its folder the sheet, which is there after the model, is one of no run.
      try? FileManager.default.removeItem(at: folder.url.appendingPathComponent("cut.png"))
      try FileManager.default.removeItem(at: folder.url.appendingPathComponent("cut"))
    }
    let last = try CommandRun(cut, in: folder.url)
    #expect(last.status == 0, "\(last.errors)")
    #expect(try folder.bytes("cut.vitq") == expected)
    #expect(insideAnImage >= 20, "\(insideAnImage) of \(kills) left an image half made")
    #expect(restarts + finished >= 2, "\(restarts) times all images, \(finished) models")
    let temporary = try folder.names.filter { $0.hasSuffix(".tmp") }
    #expect(temporary.count <= 100 - finished)
  }

  /// The limit of file sizes stands for a disk that fills up, at each write of the run in turn.
  @Test func leavesNothingHalfWrittenOnAFullDisk() throws {
    let folder = try folder()
    let command =
      ["quantize", "tiny-vit.vitq", "--data-free", "--save-graph", "g.vitq", "--report", "r.html"]
      + ["--images", "2", "--steps", "3", "-q"]
    let whole = try CommandRun(command + ["-o", "whole.vitq"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try folder.bytes("whole.vitq")
    let outputs = ["whole.vitq", "g.vitq", "r.html", "tiny-vit.images", "tiny-vit.images.png"]
    for name in outputs {
      try FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
    }
    // Below the plan, an image's state, the packed model, the graph: blocks of 512 bytes.
    for limit in [0, 1, 60, 200, 500, 2000] {
      let run = try LimitedRun("-f \(limit)", command + ["-o", "whole.vitq"], in: folder.url)
      #expect(run.status == 74, "limit \(limit): \(run.errors)")
      if try folder.names.contains("whole.vitq") {
        #expect(try folder.bytes("whole.vitq") == expected)
      }
      #expect(try folder.names.allSatisfy { !$0.hasSuffix(".tmp") }, "limit \(limit)")
      #expect(!(try folder.names.contains("g.vitq")))
    }
    let resumed = try CommandRun(command + ["-o", "whole.vitq"], in: folder.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("whole.vitq") == expected)
  }

  /// What was learned, and images made for another machine, are written whole or not at all.
  @Test(arguments: [
    (
      ["quantize", "--data-free", "--method", "noise", "--images", "3", "-o", "out"]
        + ["--set", "quantization.learner=sardfq", "--set", "quantization.iterations=10"],
      "out", [1, 60, 100, 300, 700], "out.learner/"
    ),
    (
      ["synthesize", "--shard", "1/2", "--images", "4", "--steps", "60", "-o", "part"],
      "part/image-0", [0, 1, 60], "part/"
    ),
  ])
  func partsOfARunAreWholeOnAFullDisk(
    _ command: [String], _ output: String, _ limits: [Int], _ stopped: String
  ) throws {
    let folder = try folder()
    let whole = try CommandRun(command + ["-q"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try folder.bytes(output)
    for name in try folder.names where name != "tiny-vit.vitq" {
      try FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
    }
    var errors: [String] = []
    for limit in limits {
      let run = try LimitedRun("-f \(limit)", command, in: folder.url)
      #expect(run.status == 74, "limit \(limit): \(run.errors)")
      errors.append(run.errors)
    }
    #expect(errors.contains { $0.contains("vitq: \(stopped)") }, "\(errors)")
    let resumed = try CommandRun(command + ["-q"], in: folder.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes(output) == expected)
    #expect(try folder.names.allSatisfy { !$0.hasSuffix(".tmp") })
  }

  /// What is written behind the model too: a disk with room for the model and not for the contact
  /// sheet of many images, or for the report of fewer.
  @Test(arguments: [(120, "tiny-vit.images.png"), (50, "r.html")])
  func whatFollowsTheModelDoesNotFit(_ images: Int, _ path: String) throws {
    let folder = try folder()
    let command = [
      "quantize", "tiny-vit.vitq", "--data-free", "--learner", "repq", "--images", "\(images)",
      "--steps", "1", "--report", "r.html", "-q",
    ]
    // Blocks of 512 bytes.
    let run = try LimitedRun("-f 1000", command, in: folder.url)
    #expect(run.status == 74, "\(run.errors)")
    #expect(
      run.errors.hasPrefix("vitq: \(path): no space left on the disk"), "\(run.errors)")
    let names = try folder.names
    #expect(names.contains("tiny-vit.w4a4.vitq") && !names.contains(path))
  }
}
