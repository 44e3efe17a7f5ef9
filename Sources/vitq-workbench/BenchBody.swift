import VitqFaults
import Foundation
import VitqAutodiff
import VitqCommandLine
import VitqImage
import VitqKit
import VitqReporting
import VitqSynthesis

enum BenchBody {
  static func run(_ options: BenchOptions) throws {
    if options.step { return try runStep(options) }
    let terminal = Terminal(isQuiet: options.quiet)
    let paths = options.model.isEmpty ? try ModelPicker.models(in: ".").map(\.path) : options.model
    guard let first = paths.first else {
      throw CommandFailure(
        .missingInput, "expected at least one model (*.vitq) in this folder, found none")
    }
    if options.layers { return try runLayers(options, terminal) }
    if options.rounds { return try RoundsBody.run(first, threads: options.threads.counts[0]) }
    let image = FileManager.default.temporaryDirectory
      .appendingPathComponent("vitq-bench-\(ProcessInfo.processInfo.processIdentifier).png").path
    try PNGFile.write(
      PixelBuffer(width: 256, height: 256, bytes: Array(repeating: 128, count: 256 * 256 * 3)),
      to: image)
    defer { try? FileManager.default.removeItem(atPath: image) }
    let start = ContinuousClock.now
    let benchmark = try CommandFailure.mapping { () throws(KitError) in
      try Benchmark(
        of: paths, threads: options.threads.counts,
        streams: { options.streams ?? max(1, Machine.coreCount / $0) }, runs: options.runs,
        warmUpSeconds: options.warmUp, machine: Machine.processorName
      ) { path in
        peakOfInference(path, image)
      } progress: { round in
        terminal.progress(
          "bench",
          ProgressEstimate(
            completed: round, total: options.runs + Benchmark.throughputRounds,
            elapsedSeconds: (ContinuousClock.now - start).inSeconds))
      }
    }
    Output.line(benchmark.text(options.format))
    if options.format == .text || options.format == .md {
      terminal.note(
        "on \(Machine.processorName); batch 1; ms of an image alone, images/s of all streams, "
          + "tokens of the last block that are computed; peak RSS of a whole 'vitq infer'")
    }
  }

  private static func runLayers(_ options: BenchOptions, _ terminal: Terminal) throws {
    guard options.model.count <= 1 else {
      throw CommandFailure(
        .usage, "--layers: expected one --model, found \(options.model.count)")
    }
    let choice = try ModelPicker.runnable(given: options.model.first)
    let benchmark = try CommandFailure.mapping { () throws(KitError) in
      try LayerBenchmark(
        of: choice.path, threads: options.threads.counts[0], runs: options.runs,
        warmUpSeconds: options.warmUp, machine: Machine.processorName)
    }
    Output.line(benchmark.text(options.format))
    if options.format == .text || options.format == .md {
      terminal.note("\(choice.path) on \(Machine.processorName); \(benchmark.calibration)")
    }
  }

  private static func runStep(_ options: BenchOptions) throws {
    let choice = try ModelPicker.fullPrecision(given: options.model.first)
    let workers = try Workers.checked(count: options.threads.counts[0])
    try CommandFailure.mapping { () throws(KitError) in
      let model = try GraphModel(path: choice.path)
      for products in ProductFormat.native {
        let report = try StepBenchmark(
          of: model, workers: workers, rounds: options.runs, products: products)
        Output.line(report.json.text)
      }
    }
  }

  /// The peak memory of a `vitq infer` process with a model, as it reports itself.
  private static func peakOfInference(_ model: String, _ image: String) -> Int? {
    let child = try? ChildProcess(
      Machine.folderOfProgram + "/vitq", ["infer", "--quiet", "--json", "--model", model, image])
    guard let child, child.status == 0,
      let answer = try? JSONSerialization.jsonObject(with: Data(child.output.utf8))
        as? [String: Any]
    else { return nil }
    return answer["peak_bytes"] as? Int
  }
}
