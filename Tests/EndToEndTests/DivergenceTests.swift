import Foundation
import Testing

/// Warnings of optimisations that went astray.
struct DivergenceTests {
  private func run(_ options: [String]) throws -> (run: CommandRun, report: [String: Any]) {
    let folder = try TemporaryFolder.withModel()
    let run = try CommandRun(
      ["quantize", "--data-free", "--images", "2", "--json", "--report", "r.html"] + options,
      in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let report = try #require(object as? [String: Any])
    let page = try String(
      contentsOf: folder.url.appendingPathComponent("r.html"), encoding: .utf8)
    let warnings = try #require(report["warnings"] as? [String])
    #expect(page.contains("Warning: ") == !warnings.isEmpty)
    #expect(run.errors.contains("warning: ") == !warnings.isEmpty, "\(run.errors)")
    return (run, report)
  }

  private func warnings(_ options: [String]) throws -> [String] {
    try #require(try run(options).report["warnings"] as? [String])
  }

  @Test(arguments: ["sardfq", "psaq", "psaq-v2", "smi"])
  func imagesThatAreFineAreNotWarnedOf(_ method: String) throws {
    let options = ["--method", method, "--steps", "50", "--learner", "repq"]
    #expect(try warnings(options).isEmpty)
  }

  @Test func aLearnerThatIsFineIsNotWarnedOf() throws {
    #expect(try warnings(["--method", "noise", "--learner", "sardfq"]).isEmpty)
  }

  @Test(arguments: [
    ("psaq", "images.learning-rate=100"), ("psaq-v2", "images.student.learning-rate=10"),
  ])
  func anAbsurdRateOfImagesIsWarnedOf(_ method: String, _ setting: String) throws {
    let found = try warnings(
      ["--method", method, "--steps", "50", "--learner", "repq", "--set", setting])
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("images of \(method): the loss of image ") == true, "\(found)")
  }

  /// By their loss, or, where it ends below what it began with, by their values.
  @Test(arguments: [
    ("sardfq", " are at the bounds of pixels"), ("smi", ": a learning rate may be too large"),
    ("clamp", ": a learning rate may be too large"),
  ])
  func imagesThrownBetweenTheBoundsAreWarnedOf(_ method: String, _ words: String) throws {
    let found = try warnings([
      "--method", method, "--steps", "50", "--learner", "repq", "--set", "images.learning-rate=1e9",
    ])
    #expect(found.count == 1)
    #expect(found.first?.contains(words) == true, "\(found)")
  }

  @Test func anAbsurdRateOfALearnerIsWarnedOf() throws {
    let found = try warnings([
      "--method", "noise", "--learner", "sardfq", "--set", "quantization.iterations=20", "--set",
      "quantization.learning-rate=1",
    ])
    #expect(found.count > 2)
    let start = "learner sardfq, stage 1: the loss of the part up to 'blocks."
    #expect(found.contains { $0.hasPrefix(start) }, "\(found)")
  }

  // MARK: Strict runs

  static let strayRuns = [
    [
      "--method", "psaq", "--steps", "50", "--learner", "repq", "--set", "images.learning-rate=100",
    ],
    [
      "--method", "noise", "--learner", "sardfq", "--set", "quantization.iterations=20", "--set",
      "quantization.learning-rate=1",
    ],
  ]

  /// The images and what was learned stay, so the same run without `--strict` is soon at its end.
  @Test(arguments: strayRuns)
  func aStrictRunEndsAtTheFirstLossThatRose(_ options: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let before = try Set(folder.names)
    let line = ["quantize", "--data-free", "--images", "2"] + options
    for _ in 0..<2 {
      let run = try CommandRun(line + ["--strict"], in: folder.url)
      #expect(run.status == 70, "\(run.errors)")
      #expect(run.errors.contains("well above") && run.errors.contains("strict"), "\(run.errors)")
      #expect(!run.errors.contains("warning: "), "\(run.errors)")
      let left = try Set(folder.names).subtracting(before)
      #expect(left.allSatisfy { !$0.hasSuffix(".vitq") }, "\(left)")
    }
    let run = try CommandRun(line, in: folder.url)
    #expect(run.status == 0 && run.errors.contains("warning: "), "\(run.errors)")
  }

  @Test func aStrictRunThatIsFineEnds() throws {
    let options = ["--method", "psaq", "--steps", "50", "--learner", "repq", "--strict"]
    #expect(try warnings(options).isEmpty)
  }

  @Test(arguments: [false, true])
  func imagesOfOnePartAreJudgedToo(_ isStrict: Bool) throws {
    let folder = try TemporaryFolder.withModel()
    let run = try CommandRun(
      [
        "synthesize", "--method", "psaq", "--steps", "50", "--images", "2", "--set",
        "images.learning-rate=100",
      ] + (isStrict ? ["--strict"] : []), in: folder.url)
    #expect(run.status == (isStrict ? 70 : 0), "\(run.errors)")
    #expect(run.errors.contains("images of psaq: the loss of image "), "\(run.errors)")
  }
}
