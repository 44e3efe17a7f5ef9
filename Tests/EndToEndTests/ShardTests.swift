import Foundation
import Testing

/// Images made in parts give the bytes of one run; parts that do not belong together are refused.
struct ShardTests {
  private static let run = ["--images", "5", "--steps", "4"]

  private func synthesize(_ arguments: [String], in folder: TemporaryFolder) throws {
    let run = try CommandRun(["synthesize", "tiny-vit.vitq", "-q"] + arguments, in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
  }

  private func gather(_ parts: [String], in folder: TemporaryFolder) throws -> CommandRun {
    try CommandRun(
      ["quantize", "tiny-vit.vitq", "-q", "-o", "gathered.vitq", "--work-dir", "all", "--images"]
        + parts, in: folder.url)
  }

  @Test func partsMakeTheBytesOfOneRun() throws {
    let folder = try TemporaryFolder.withModel()
    let whole = try CommandRun(
      ["quantize", "tiny-vit.vitq", "-q", "--data-free", "-o", "whole.vitq"] + Self.run,
      in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    for shard in ["1/3", "2/3", "3/3"] {
      try synthesize(Self.run + ["--shard", shard, "-t", "2"], in: folder)
    }
    let parts = ["1", "2", "3"].map { "tiny-vit.images-\($0)-of-3" }
    let gathered = try gather(parts, in: folder)
    #expect(gathered.status == 0, "\(gathered.errors)")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: folder.url.appendingPathComponent(name))
    }
    #expect(try bytes("gathered.vitq") == bytes("whole.vitq"))
    // Images that are there take no time.
    let plan = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--dry-run", "--json", "--images"] + parts, in: folder.url)
    #expect(plan.output.contains("\"synthesis_seconds\":0.0,"), "\(plan.output)")

    // One folder with all images is used as it stands.
    try synthesize(Self.run + ["-o", "one"], in: folder)
    let single = try CommandRun(
      ["quantize", "-q", "-o", "single.vitq", "--images", "one", "tiny-vit.vitq"], in: folder.url)
    #expect(single.status == 0, "\(single.errors)")
    #expect(try bytes("single.vitq") == bytes("whole.vitq"))
  }

  /// A part that is made whole is none any more.
  @Test func aWholeRunInTheFolderOfAPartIsNoPart() throws {
    let folder = try TemporaryFolder.withModel()
    try synthesize(Self.run + ["--shard", "2/2", "-o", "p"], in: folder)
    let shard = folder.url.appendingPathComponent("p/shard").path
    #expect(FileManager.default.fileExists(atPath: shard))
    try synthesize(Self.run + ["-o", "p"], in: folder)
    #expect(!FileManager.default.fileExists(atPath: shard))
    // The other part says of itself that it is one of two.
    try synthesize(Self.run + ["--shard", "1/2", "-o", "q"], in: folder)
    let run = try gather(["p", "q"], in: folder)
    #expect(run.status == 65)
    #expect(run.errors.contains("q: expected no part as p, found one of 2 parts"), "\(run.errors)")
  }

  /// The recipe that parts were made by counts as a whole, and options go before it.
  @Test func partsRememberTheRecipe() throws {
    let folder = try TemporaryFolder.withModel()
    let recipe = ["--recipe", "paper", "--set", "quantization.iterations=2"] + Self.run
    for shard in ["1/2", "2/2"] { try synthesize(recipe + ["--shard", shard], in: folder) }
    let parts = ["tiny-vit.images-1-of-2", "tiny-vit.images-2-of-2"]
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: folder.url.appendingPathComponent(name))
    }
    for (index, bits) in [[], ["-w", "5", "-a", "8"]].enumerated() {
      let whole = try CommandRun(
        ["quantize", "tiny-vit.vitq", "-q", "-o", "whole\(index).vitq"] + recipe + bits,
        in: folder.url)
      #expect(whole.status == 0, "\(whole.errors)")
      let gathered = try CommandRun(
        [
          "quantize", "-q", "-o", "gathered\(index).vitq", "--work-dir", "all", "--images",
        ] + parts + ["tiny-vit.vitq"] + bits, in: folder.url)
      #expect(gathered.status == 0, "\(gathered.errors)")
      #expect(try bytes("gathered\(index).vitq") == bytes("whole\(index).vitq"))
    }

    try synthesize(
      recipe + ["--set", "quantization.learner=repq", "--shard", "2/2", "-o", "other"], in: folder)
    let run = try gather([parts[0], "other"], in: folder)
    #expect(run.status == 65)
    #expect(
      run.errors.contains(
        "other: images of another run than tiny-vit.images-1-of-2: expected "
          + "quantization.learner: sardfq, found repq"), "\(run.errors)")
  }

  @Test func refusesPartsThatDoNotBelongTogether() throws {
    let folder = try TemporaryFolder.withModel()
    try synthesize(Self.run + ["--shard", "1/2", "-o", "a"], in: folder)
    try synthesize(Self.run + ["--shard", "2/2", "-o", "b"], in: folder)
    try synthesize(Self.run + ["--shard", "2/2", "-o", "seed", "--seed", "7"], in: folder)
    try synthesize(
      ["--images", "5", "--steps", "3", "--shard", "2/2", "-o", "steps"], in: folder)
    try synthesize(Self.run + ["--shard", "2/3", "-o", "thirds"], in: folder)
    let manager = FileManager.default
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    for name in ["missing", "damaged", "other"] {
      try manager.copyItem(atPath: path("b"), toPath: path(name))
    }
    try manager.removeItem(atPath: path("missing/image-3"))
    var state = try Data(contentsOf: URL(fileURLWithPath: path("damaged/image-1")))
    state[100] ^= 1
    try state.write(to: URL(fileURLWithPath: path("damaged/image-1")))
    let plan = try String(contentsOfFile: path("other/plan"), encoding: .utf8)
    let digest = try #require(plan.split(separator: "\n").first { $0.hasPrefix("model: ") })
    try plan.replacingOccurrences(of: digest, with: "model: 00").write(
      toFile: path("other/plan"), atomically: true, encoding: .utf8)

    let cases: [([String], Int32, String)] = [
      (["a", "seed"], 65, "seed: images of another run than a: expected seed: 0, found seed: 7"),
      (
        ["a", "steps"], 65, "steps: images of another run than a: expected steps: 4, found steps: 3"
      ),
      (["a", "other"], 65, "other: images of another run than a: expected model: "),
      (["other"], 65, "other: images of another model: expected sha256"),
      (["a", "thirds"], 65, "thirds: expected one of 2 parts as a, found one of 3 parts"),
      (["a"], 65, "expected 5 images, found none numbered 1, 3"),
      (["a", "missing"], 65, "found none numbered 3"),
      (["a", "damaged"], 65, "damaged/image-1: damaged state of an image"),
      (["a", "absent"], 66, "absent: no such folder"),
      (["."], 66, "expected images of 'vitq synthesize', found no file 'plan'"),
    ]
    for (parts, status, message) in cases {
      for plan in [[], ["--dry-run"]] {
        let run = try gather(parts + plan, in: folder)
        #expect(run.status == status, "\(parts): \(run.errors)")
        #expect(run.errors.contains(message), "\(parts): \(run.errors)")
        #expect(run.output.isEmpty)
        #expect(!(try folder.names.contains("gathered.vitq")))
      }
    }
    let late = try CommandRun(
      ["quantize", "tiny-vit.vitq", "-q", "--steps", "9", "--images", "a", "b"], in: folder.url)
    #expect(late.status == 64)
    #expect(late.errors.contains("images.steps: the images are made already"), "\(late.errors)")
  }

  @Test(
    arguments: [
      (["--shard", "0/2"], 64), (["--shard", "3/2"], 64), (["--shard", "1"], 64),
      (["--shard", "a/b"], 64), (["--images", "folder"], 64), (["--method", "noise"], 78),
      (["--method", "psaq-v2"], 78), (["--shard", "9/9", "--images", "5"], 64),
    ] as [([String], Int32)])
  func refusesWrongOptions(_ options: [String], _ status: Int32) throws {
    let folder = try TemporaryFolder.withModel()
    let before = try folder.names
    let run = try CommandRun(["synthesize", "tiny-vit.vitq"] + options, in: folder.url)
    #expect(run.status == status, "\(run.errors)")
    #expect(try folder.names == before)
  }
}
