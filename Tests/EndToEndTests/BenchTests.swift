import Foundation
import Testing

/// `vitq bench` on the package's own model.
struct BenchTests {
  /// A folder with the model in full precision and in four bits.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit/tiny-vit.h5")
    for arguments in [
      ["convert", checkpoint.path, "-o", "tiny-vit.vitq"],
      ["quantize", "--data-free", "--method", "noise", "--images", "2"],
    ] {
      let run = try CommandRun(arguments, in: folder.url)
      try #require(run.status == 0, "\(run.errors)")
    }
    return folder
  }

  private func bench(_ arguments: [String], in folder: TemporaryFolder) throws -> String {
    let run = try CommandRun(
      ["bench", "--runs", "3", "--warm-up", "0", "--quiet"] + arguments, in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    return run.output
  }

  private func object(_ text: some StringProtocol) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func comparesTheModelsOfAFolderInEveryFormat() throws {
    let folder = try folder()
    let threads = ["--threads", "1,2"]
    let names = ["tiny-vit.vitq", "tiny-vit.w4a4.vitq", "tiny-vit.w4a4.vitq"]
    for arguments in [["--json"], ["-o", "json"]] {
      let report = try object(bench(arguments + threads, in: folder))
      let rows = try #require(report["models"] as? [[String: Any]])
      #expect(rows.map { $0["model"] as? String } == names)
      #expect(rows.map { $0["threads"] as? Int } == [1, 1, 2])
      for row in rows {
        #expect((row["peak_bytes"] as? Int ?? 0) > 1_000_000)
        #expect((row["samples_seconds"] as? [Double])?.count == 3)
      }
    }
    let lines = try bench(["-o", "jsonl"] + threads, in: folder).split(separator: "\n")
    #expect(try lines.map { try object($0)["model"] as? String } == names)
    let csv = try bench(["-o", "csv"] + threads, in: folder).split(separator: "\n")
    #expect(csv.first?.hasPrefix("model,engine,threads,file_bytes,") == true)
    #expect(csv.dropFirst().map { $0.split(separator: ",").first.map(String.init) } == names)
    #expect(try bench(["-o", "md"] + threads, in: folder).split(separator: "\n").count == 5)
  }

  @Test func layersAreInstructionsWithTheirWork() throws {
    let folder = try folder()
    let report = try object(bench(["--layers", "-o", "json"], in: folder))
    let rows = try #require(report["instructions"] as? [[String: Any]])
    let linear = try #require(rows.first { $0["module"] as? String == "blocks.0.mlp.fc2" })
    #expect(linear["shape"] as? String == "37 × 512 → 128")
    #expect(linear["products"] as? Int == 37 * 512 * 128)
    #expect(linear["bits"] as? Int == 4)
    if report["peak_instruction"] is String {
      // A loop of nothing but products is faster; a turn on a busy core may be slower than it was.
      #expect((0.001..<1.5).contains(linear["share_of_peak"] as? Double ?? 0))
    }
    let shares = rows.compactMap { $0["share"] as? Double }
    #expect(shares.count == rows.count && shares.reduce(0, +) > 0.3)
    let refused = try CommandRun(["bench", "--layers", "-m", "tiny-vit.vitq"], in: folder.url)
    #expect(refused.status == 69 && refused.errors.contains("expected a quantized model"))
  }

  @Test(arguments: ["0", "1,1", "1,", "1;2", ",", "1,300"])
  func wrongNumbersOfThreadsAreRefused(_ threads: String) throws {
    let folder = try TemporaryFolder()
    try withExtendedLifetime(folder) {
      let run = try CommandRun(["bench", "--threads", threads], in: folder.url)
      #expect(run.status == 64 && run.output.isEmpty)
    }
  }
}
