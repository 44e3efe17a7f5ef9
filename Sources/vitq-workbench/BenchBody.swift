import Foundation
import VitqCommandLine
import VitqImage
import VitqImageCodecs
import VitqKit
import VitqReporting

enum BenchBody {
  static func run(_ options: BenchOptions) throws {
    let terminal = Terminal(isQuiet: options.quiet)
    let paths = options.model.isEmpty ? ModelPicker.models(in: ".").map(\.path) : options.model
    guard !paths.isEmpty else {
      throw CommandFailure(
        .missingInput, "expected at least one model (*.vitq) in this folder, found none")
    }
    let image = FileManager.default.temporaryDirectory
      .appendingPathComponent("vitq-bench-\(ProcessInfo.processInfo.processIdentifier).png")
    try writeGrey(to: image)
    defer { try? FileManager.default.removeItem(at: image) }
    let start = ContinuousClock.now
    let benchmark = try CommandFailure.mapping { () throws(KitError) in
      try Benchmark(
        of: paths, threads: options.threads, runs: options.runs, warmUpSeconds: options.warmUp
      ) { path in
        let program = Machine.folderOfProgram + "/vitq"
        let child = try? ChildProcess(program, ["infer", "--quiet", "--model", path, image.path])
        return child.flatMap { $0.status == 0 ? $0.peakByteCount : nil }
      } progress: { round in
        terminal.progress(
          "bench",
          ProgressEstimate(
            completed: round, total: options.runs,
            elapsedSeconds: (ContinuousClock.now - start).inSeconds))
      }
    }
    if options.json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.bench/1")), ("machine", .string(Machine.processorName)),
          ("models", benchmark.json),
        ]).text)
    } else {
      Output.line(options.markdown ? benchmark.table.markdown : benchmark.table.plainText)
      terminal.note("on \(Machine.processorName); batch 1; peak RSS of a whole 'vitq infer'")
    }
  }

  private static func writeGrey(to url: URL) throws {
    let grey = PixelBuffer(
      width: 256, height: 256, bytes: Array(repeating: 128, count: 256 * 256 * 3))
    do {
      try Data(try PNGEncoder.encode(grey)).write(to: url)
    } catch {
      throw CommandFailure(.cannotCreate, "\(url.path): \(error)")
    }
  }
}
