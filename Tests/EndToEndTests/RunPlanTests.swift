import Foundation
import Testing

/// What a run will take is told before it starts, and one that takes too much is refused.
struct RunPlanTests {
  @Test func aDryRunWritesNothing() throws {
    let folder = try TemporaryFolder.withModel()
    let before = try folder.names
    let plan = try json(
      CommandRun(["quantize", "--recipe", "fast", "--dry-run", "--json", "-q"], in: folder.url))
    #expect(plan["schema"] as? String == "vitq.plan/1")
    #expect(try #require(plan["peak_bytes"] as? Int) > 10_000_000)
    #expect(try #require(plan["synthesis_seconds"] as? Double) > 0)
    #expect(try folder.names == before)
  }

  /// The model is quantized once for each rotation that is tried, and once if nothing is turned.
  @Test func aDryRunCountsRotations() throws {
    let folder = try TemporaryFolder.withModel()
    func seconds(_ settings: [String]) throws -> Double {
      let options = settings.flatMap { ["--set", "quantization.rotation.\($0)"] }
      let plan = try json(
        CommandRun(
          ["quantize", "--data-free", "--method", "noise", "--dry-run", "--json"] + options,
          in: folder.url))
      return try #require(plan["quantization_seconds"] as? Double)
    }
    // The evaluation that is timed may take some times longer beside other work.
    let one = try seconds(["candidates=1"])
    #expect(try seconds(["candidates=1000"]) > 20 * one)
    #expect(try seconds(["candidates=1000", "stream=none", "heads=false"]) < 20 * one)
  }

  @Test(arguments: [
    ["quantize", "--data-free"], ["synthesize"], ["synthesize", "--shard", "1/2"],
  ])
  func aRunThatNeedsTooMuchMemoryIsRefused(_ command: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let before = try folder.names
    let run = try CommandRun(command + ["--max-memory", "0.01", "-q"], in: folder.url)
    #expect(run.status == 77)
    #expect(run.errors.contains("of memory: expected at most 10.0 MB"), "\(run.errors)")
    #expect(run.errors.hasSuffix("use fewer images or threads, or raise --max-memory\n"))
    let plan = try CommandRun(
      command + ["--dry-run", "--max-memory", "0.01", "-q"], in: folder.url)
    #expect(plan.status == 77)
    #expect(plan.output.contains(": too much, the run would be refused\n"), "\(plan.output)")
    #expect(plan.errors == run.errors)
    #expect(try folder.names == before)
  }

  /// The images of a run are planned as the run is, without what follows them.
  @Test func synthesisIsPlanned() throws {
    let folder = try TemporaryFolder.withModel()
    let before = try folder.names
    func plan(_ command: [String]) throws -> [String: Any] {
      try json(
        CommandRun(
          command + ["--images", "4096", "--steps", "3", "--dry-run", "--json", "-q"],
          in: folder.url))
    }
    let whole = try plan(["synthesize"])
    let part = try plan(["synthesize", "--shard", "1/8"])
    let run = try plan(["quantize", "--data-free"])
    #expect(whole["schema"] as? String == "vitq.plan/1")
    #expect(whole["quantization_seconds"] as? Double == 0)
    #expect(whole["recipe"] as? String == run["recipe"] as? String)
    func number(_ plan: [String: Any], _ key: String) throws -> Double {
      try #require(plan[key] as? Double)
    }
    for key in ["synthesis_seconds", "peak_bytes"] {
      #expect(try number(part, key) < 0.75 * number(whole, key), "\(key)")
    }
    #expect(try number(whole, "peak_bytes") < number(run, "peak_bytes"))
    #expect(try folder.names == before)
  }

  /// Whatever makes the images or learns: its own memory is told before hours are spent.
  @Test(arguments: [
    ["--method", "noise", "--learner", "repq"], ["--method", "noise", "--learner", "sardfq"],
    ["--method", "noise", "--learner", "erq"], ["--method", "noise"],
    ["--method", "psaq-v2", "--steps", "2", "--learner", "repq"],
  ])
  func memoryIsWhatWasEstimated(_ options: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let model = folder.url.appendingPathComponent("tiny-vit.vitq").path
    let command =
      ["quantize", model, "--data-free", "--images", "24", "-t", "2"] + options
      + ["--set", "quantization.iterations=2"]
    let plan = try json(CommandRun(command + ["--dry-run", "--json"], in: folder.url))
    let estimate = try #require(plan["peak_bytes"] as? Int)
    let output = folder.url.appendingPathComponent("o.vitq").path
    let run = try MeasuredRun(
      command + ["-o", output, "--work-dir", folder.url.appendingPathComponent("w").path, "-q"])
    #expect(run.status == 0, "\(run.errors)")
    // A process counts what its parent had when it started it.
    let peak = run.peakByteCount
    #expect(peak <= max(estimate, MeasuredRun.ownPeakByteCount), "\(peak) of \(estimate) bytes")
    #expect(estimate < 3 * peak / 2 || peak <= MeasuredRun.ownPeakByteCount)
    let gigabytes = "\(Double(estimate) / 1e9 * 0.98)"
    let refused = try CommandRun(command + ["--max-memory", gigabytes], in: folder.url)
    #expect(refused.status == 77)
  }
}
