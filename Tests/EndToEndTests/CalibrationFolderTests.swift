import Foundation
import Testing
import VitqKit

/// Calibration with images of a folder: the seed draws them, and the model says which they were.
struct CalibrationFolderTests {
  private static let fixtures = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  /// A folder with a model and two folders with the same 12 images, made in opposite orders.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let convert = try CommandRun(
      ["convert", Self.fixtures.appendingPathComponent("tiny-vit.h5").path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    let images = Self.fixtures.appendingPathComponent("images")
    let names = try FileManager.default.contentsOfDirectory(atPath: images.path).sorted().prefix(12)
    for (copy, order) in [("a", Array(names)), ("b", names.reversed())] {
      let target = folder.url.appendingPathComponent(copy)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      for name in order {
        try FileManager.default.copyItem(
          at: images.appendingPathComponent(name), to: target.appendingPathComponent(name))
      }
    }
    return folder
  }

  private func quantize(
    _ images: String, count: Int, seed: Int, in folder: TemporaryFolder
  ) throws -> CommandRun {
    try CommandRun(
      [
        "quantize", "tiny-vit.vitq", "--calib", images, "--images", "\(count)", "--seed", "\(seed)",
        "-o", "q.vitq", "--save-graph", "g.vitq", "--force",
      ], in: folder.url)
  }

  /// The names and digests that a model states.
  private func files(_ model: String, in folder: TemporaryFolder) throws -> [[String: String]]? {
    let run = try CommandRun(["inspect", model, "--json"], in: folder.url)
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let report = try #require(object as? [String: Any])
    return report["calibration images"] as? [[String: String]]
  }

  @Test func theSeedDrawsTheImages() throws {
    let folder = try folder()
    var models: [Data] = []
    var names: [[String]] = []
    for (images, seed) in [("a", 3), ("b", 3), ("a", 4)] {
      let run = try quantize(images, count: 4, seed: seed, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        run.errors.hasPrefix("calibrating with 4 of the 12 images of \(images)\n"), "\(run.errors)")
      models.append(try folder.bytes("q.vitq"))
      names.append(try #require(try files("q.vitq", in: folder)).compactMap { $0["name"] })
    }
    #expect(models[0] == models[1] && models[0] != models[2])
    #expect(names[0] == names[1] && names[0] != names[2])
    #expect(names.allSatisfy { $0.count == 4 && $0 == $0.sorted() && Set($0).count == 4 })
  }

  /// `sha256sum` accepts what the model states of its images.
  @Test func theModelStatesItsImages() throws {
    let folder = try folder()
    let run = try quantize("a", count: 5, seed: 0, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let stated = try #require(try files("q.vitq", in: folder))
    #expect(try files("g.vitq", in: folder) == stated)
    let text = try CommandRun(["inspect", "q.vitq"], in: folder.url)
    #expect(text.output.contains("5: vitq inspect --calibration prints names and SHA-256"))
    let list = try CommandRun(["inspect", "q.vitq", "--calibration"], in: folder.url)
    #expect(
      list.output.split(separator: "\n").map { String($0) }
        == stated.map { "\($0["sha256"] ?? "")  \($0["name"] ?? "")" })
    try folder.write(Data(list.output.utf8), as: "a/sums")
    let check = Process()
    check.executableURL = URL(fileURLWithPath: "/bin/sh")
    check.arguments = ["-c", "cd a && sha256sum --quiet -c sums"]
    check.currentDirectoryURL = folder.url
    try check.run()
    check.waitUntilExit()
    #expect(check.terminationStatus == 0)
  }

  @Test func aFolderWithFewerImagesGivesAllAndSaysSo() throws {
    let folder = try folder()
    let run = try quantize("a", count: 50, seed: 7, in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.hasPrefix("calibrating with 12 of the 12 images of a, 50 were asked for\n"),
      "\(run.errors)")
    #expect(try files("q.vitq", in: folder)?.count == 12)
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("empty"), withIntermediateDirectories: true)
    let none = try quantize("empty", count: 4, seed: 0, in: folder)
    #expect(none.status == 66)
    #expect(none.errors == "vitq: empty: expected PNG or JPEG images, found none\n")
  }

  /// Real images that are the prior of attention are drawn as those that calibrate.
  @Test func theSeedDrawsThePriors() throws {
    let folder = try folder()
    let all = try ImageFolder.paths(in: folder.url.appendingPathComponent("a").path)
    let drawn = ImageFolder.draw(2, of: all, seed: 9)
    try #require(drawn != Array(all.prefix(2)))
    for (name, images) in [("whole", all), ("drawn", drawn)] {
      let priors = folder.url.appendingPathComponent("\(name)/priors")
      try FileManager.default.createDirectory(at: priors, withIntermediateDirectories: true)
      for path in images {
        let file = URL(fileURLWithPath: path)
        try FileManager.default.copyItem(
          at: file, to: priors.appendingPathComponent(file.lastPathComponent))
      }
      let run = try CommandRun(
        [
          "synthesize", "../tiny-vit.vitq", "--method", "sardfq", "--images", "2", "--steps", "2",
          "--seed", "9", "-q",
          "--set", "images.attention-priors.kind=real:priors", "-o", "made",
        ], in: folder.url.appendingPathComponent(name))
      #expect(run.status == 0, "\(run.errors)")
    }
    for image in ["made/image-0", "made/image-1"] {
      #expect(
        try folder.bytes("whole/\(image)") == folder.bytes("drawn/\(image)"))
    }
  }

  /// Images of real priors depend on what those show, not on where they lie, and once they are made
  /// on nothing more.
  @Test func partsStateTheirPriors() throws {
    let folder = try folder()
    let manager = FileManager.default
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    func run(_ command: [String], _ priors: String?, status: Int32 = 0) throws -> String {
      let options = [
        "--method", "sardfq", "--images", "4", "--steps", "2", "--recipe", "fast", "--set",
      ]
      let run = try CommandRun(
        command + (priors.map { options + ["images.attention-priors.kind=real:\($0)"] } ?? [])
          + ["-q"], in: folder.url)
      #expect(run.status == status, "\(command): \(run.errors)")
      return run.errors
    }
    _ = try run(["quantize", "tiny-vit.vitq", "-o", "whole.vitq"], "a")
    _ = try run(["synthesize", "tiny-vit.vitq", "--shard", "1/2", "-o", "p1"], "a")
    _ = try run(["synthesize", "tiny-vit.vitq", "--shard", "2/2", "-o", "p2"], "a")

    // Another picture of the same name gives a part of another run.
    _ = try run(["synthesize", "tiny-vit.vitq", "--shard", "2/2", "-o", "same"], "b")
    #expect(try folder.bytes("same/image-1") == folder.bytes("p2/image-1"))
    let stated = try #require(try files("whole.vitq", in: folder))
    #expect(stated.count == 4)
    let name = try #require(stated[2]["name"])
    let other = try #require(stated[3]["name"])
    try manager.removeItem(atPath: path("b/\(name)"))
    try manager.copyItem(atPath: path("a/\(other)"), toPath: path("b/\(name)"))
    let resumed = try run(
      ["synthesize", "tiny-vit.vitq", "--shard", "2/2", "-o", "p2"], "b", status: 73)
    #expect(resumed.contains("expected attention prior image "), "\(resumed)")
    _ = try run(["synthesize", "tiny-vit.vitq", "--shard", "2/2", "-o", "mixed"], "b")
    let mixed = try run(
      ["quantize", "tiny-vit.vitq", "-o", "m.vitq", "--images", "p1", "mixed"], nil, status: 65)
    #expect(
      mixed.contains("mixed: images of another run than p1: expected attention prior image"),
      "\(mixed)")

    // All images are finished: where their priors lay is of no interest.
    try manager.removeItem(atPath: path("a"))
    _ = try run(
      [
        "quantize", "tiny-vit.vitq", "-o", "gathered.vitq", "--work-dir", "w", "--images", "p1",
        "p2",
      ], nil)
    #expect(try folder.bytes("gathered.vitq") == folder.bytes("whole.vitq"))
    #expect(try files("gathered.vitq", in: folder) == stated)
  }

  @Test(
    arguments: [
      (["--set", "images.method=folder"], "images.method", "folder"),
      (
        ["--method", "sardfq", "--set", "images.attention-priors.kind=real:a"],
        "images.attention-priors.kind", "real:a"
      ),
    ] as [([String], String, String)])
  func dataFreeTakesNoRealImages(_ options: [String], _ key: String, _ value: String) throws {
    let folder = try folder()
    let before = try folder.names
    let run = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--data-free", "--images", "2"] + options, in: folder.url)
    #expect(run.status == 64)
    #expect(
      run.errors
        == "vitq: --data-free: \(key): expected a way to make images without data, found "
        + "'\(value)'; give --calib or --recipe in place of --data-free\n")
    #expect(try folder.names == before)
  }

  @Test func aDataFreeModelStatesNone() throws {
    let folder = try folder()
    let run = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--data-free", "--method", "noise", "-o", "q.vitq"],
      in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try files("q.vitq", in: folder) == nil)
    let text = try CommandRun(["inspect", "q.vitq"], in: folder.url)
    #expect(!text.output.contains("calibration images"))
  }
}
