import Foundation
import Testing

/// The three commands of the product on the package's own model, as a user types them.
struct MainJobTests {
  private static let model = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  /// A folder with the checkpoint and one image.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let manager = FileManager.default
    try manager.copyItem(
      at: Self.model.appendingPathComponent("tiny-vit.h5"),
      to: folder.url.appendingPathComponent("tiny-vit.h5"))
    let images = Self.model.appendingPathComponent("images")
    let name = try #require(try manager.contentsOfDirectory(atPath: images.path).sorted().first)
    try manager.copyItem(
      at: images.appendingPathComponent(name), to: folder.url.appendingPathComponent("image.png"))
    return folder
  }

  private func json(_ run: CommandRun) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    return try #require(object as? [String: Any])
  }

  private func count(_ key: String, in report: [String: Any]) throws -> Int {
    try #require((report[key] as? [String: Any])?["count"] as? Int)
  }

  @Test func convertsQuantizesAndAnswers() throws {
    let folder = try folder()
    let convert = try CommandRun(["convert", "tiny-vit.h5"], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    let quantize = try CommandRun(
      ["quantize", "--data-free", "--images", "4", "--steps", "8"], in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")
    #expect(quantize.errors.hasPrefix("using tiny-vit.vitq (the only full-precision model here)"))
    #expect(
      try folder.names == [
        "image.png", "tiny-vit.h5", "tiny-vit.images", "tiny-vit.images.png", "tiny-vit.vitq",
        "tiny-vit.w4a4.vitq",
      ])
    let infer = try CommandRun(["infer", "image.png", "--json"], in: folder.url)
    #expect(infer.status == 0, "\(infer.errors)")
    let predictions = try #require(try json(infer)["predictions"] as? [[String: Any]])
    #expect(predictions.count == 5)
    let verify = try CommandRun(["verify", "tiny-vit.w4a4.vitq"], in: folder.url)
    #expect(verify.status == 0, "\(verify.errors)")
    let inspect = try CommandRun(["inspect", "tiny-vit.w4a4.vitq", "--tensors"], in: folder.url)
    #expect(inspect.output.contains("4.00 bits each"))
  }

  /// How many of the 200 images timm gets right; the least counts leave room for calibration by noise.
  @Test(arguments: [
    ("tiny-vit", 196, [(8, 8, 190), (4, 8, 180), (4, 4, 60)]),
    ("tiny-swin", 199, [(8, 8, 195), (4, 8, 185), (4, 4, 60)]),
  ])
  func accuracyAndParityHold(
    _ model: String, correct: Int, bars: [(weights: Int, activations: Int, least: Int)]
  ) throws {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/\(model)").path
    let convert = try CommandRun(["convert", checkpoint, "-o", "full.vitq"], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    let images = Self.model.path
    let full = try json(CommandRun(["eval", images, "-m", "full.vitq", "--json"], in: folder.url))
    #expect(try count("top1", in: full) == correct)
    for (weights, activations, least) in bars {
      let quantize = try CommandRun(
        [
          "quantize", "full.vitq", "--data-free", "--method", "noise", "-w", "\(weights)", "-a",
          "\(activations)", "--save-graph", "graph.vitq", "-o", "packed.vitq", "--force",
        ], in: folder.url)
      #expect(quantize.status == 0, "\(quantize.errors)")
      let report = try json(
        CommandRun(
          ["eval", images, "-m", "packed.vitq", "--against", "graph.vitq", "--json"],
          in: folder.url))
      #expect(try count("top1", in: report) >= least, "w\(weights)a\(activations)")
      #expect(report["identical_logits"] as? Bool == true, "w\(weights)a\(activations)")
    }
  }

  /// The default run loses at most 3 points of top-1, no image being used.
  @Test(arguments: ["tiny-vit", "tiny-swin"])
  func theDefaultRunLosesLittle(_ model: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/\(model)").path
    for command in [
      ["convert", checkpoint, "-o", "full.vitq"],
      ["quantize", "full.vitq", "--data-free", "-o", "packed.vitq"],
    ] {
      let run = try CommandRun(command, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    let images = Self.model.path
    let (full, packed) = (
      try json(CommandRun(["eval", images, "-m", "full.vitq", "--json"], in: folder.url)),
      try json(CommandRun(["eval", images, "-m", "packed.vitq", "--json"], in: folder.url))
    )
    #expect(try count("top1", in: packed) >= count("top1", in: full) - 6)
  }

  @Test func sameSeedGivesTheSameBytesWithAnyNumberOfThreads() throws {
    let folder = try folder()
    _ = try CommandRun(["convert", "tiny-vit.h5"], in: folder.url)
    var models: [Data] = []
    var answers: [String] = []
    for threads in ["1", "2", "3"] {
      let quantize = try CommandRun(
        [
          "quantize", "tiny-vit.vitq", "--data-free", "--method", "sardfq", "--images", "3",
          "--steps", "5", "--threads", threads, "-o", "t\(threads).vitq", "--work-dir",
          "images\(threads)",
        ], in: folder.url)
      #expect(quantize.status == 0, "\(quantize.errors)")
      models.append(try folder.bytes("t\(threads).vitq"))
      let infer = try CommandRun(
        ["infer", "image.png", "-m", "t1.vitq", "--threads", threads], in: folder.url)
      answers.append(infer.output)
    }
    #expect(models[0] == models[1] && models[0] == models[2])
    #expect(answers[0] == answers[1] && answers[0] == answers[2])
    #expect(
      try folder.bytes("images1.png") == folder.bytes("images3.png"))
    let other = try CommandRun(
      [
        "quantize", "tiny-vit.vitq", "--data-free", "--method", "sardfq", "--images", "3",
        "--steps", "5", "--seed", "1",
        "-o", "other.vitq",
      ], in: folder.url)
    #expect(other.status == 0)
    #expect(try folder.bytes("other.vitq") != models[0])
  }

  @Test func resumesAfterAKillToTheSameBytes() throws {
    let folder = try folder()
    _ = try CommandRun(["convert", "tiny-vit.h5"], in: folder.url)
    let arguments = ["quantize", "tiny-vit.vitq", "--data-free", "--images", "3", "--steps", "250"]
    let whole = try CommandRun(arguments + ["-o", "whole.vitq"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")

    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandRun.program)
    process.arguments = arguments + ["-o", "cut.vitq", "--work-dir", "cut"]
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let state = folder.url.appendingPathComponent("cut/image-0").path
    while process.isRunning, !FileManager.default.fileExists(atPath: state) { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(!(try folder.names.contains("cut.vitq")))

    let resumed = try CommandRun(
      arguments + ["-o", "cut.vitq", "--work-dir", "cut"], in: folder.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("cut.vitq") == folder.bytes("whole.vitq"))
  }

  /// The learner would go on for hours: it ends because it is told to, and its images are kept.
  @Test func aLearnerStopsWhenToldTo() throws {
    let folder = try folder()
    _ = try CommandRun(["convert", "tiny-vit.h5"], in: folder.url)
    func arguments(iterations: Int) -> [String] {
      [
        "quantize", "tiny-vit.vitq", "--data-free", "--images", "3", "--steps", "4", "--set",
        "quantization.learner=sardfq", "--set", "quantization.iterations=\(iterations)",
        "-o", "out.vitq", "--work-dir", "work",
      ]
    }
    // The losses are written once all images are made.
    let losses = folder.url.appendingPathComponent("work/losses").path
    let stopped = try CommandRun(arguments(iterations: 1_000_000), in: folder.url) { process in
      while process.isRunning, !FileManager.default.fileExists(atPath: losses) { usleep(2000) }
      kill(process.processIdentifier, SIGTERM)
      for _ in 0..<60_000 where process.isRunning { usleep(2000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(
      stopped.errors.contains("interrupted; the same command goes on from work"),
      "\(stopped.errors)")
    #expect(try folder.names == ["image.png", "tiny-vit.h5", "tiny-vit.vitq", "work"])

    func dateOfAnImage() throws -> Date {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: folder.url.appendingPathComponent("work/image-2").path)
      return try #require(attributes[.modificationDate] as? Date)
    }
    let date = try dateOfAnImage()
    let resumed = try CommandRun(arguments(iterations: 2), in: folder.url)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.names.contains("out.vitq"))
    #expect(try dateOfAnImage() == date)
  }
}
