import Foundation
import Synchronization
import VitqAutodiff
import VitqCommandLine
import VitqFormat
import VitqImageCodecs
import VitqKit
import VitqQuantization
import VitqReporting
import VitqSynthesis

enum QuantizeBody {
  static func run(_ options: QuantizeOptions) throws {
    let terminal = Terminal(isQuiet: options.quiet)
    let choice = try ModelPicker.fullPrecision(given: options.model)
    if options.model == nil { terminal.note("using \(choice.path) (\(choice.reason))") }
    let paths = Paths(options, model: choice.path)
    for path in [paths.output, paths.graph].compactMap({ $0 }) {
      try OutputPath.checkReplaceable(path, force: options.force)
      try checkWritable(path)
    }
    let model = try CommandFailure.mapping { () throws(KitError) in
      try GraphModel(path: choice.path)
    }
    if !options.resume { try? FileManager.default.removeItem(atPath: paths.work) }

    let start = ContinuousClock.now
    let interruption = Interruption()
    let synthesis = synthesis(options)
    let meter = SynthesisMeter(
      terminal, images: options.images, steps: synthesis.stepCount, start: start)
    let calibrationClock = FirstUseClock()
    let observer = Quantization.Observer(
      synthesis: { meter.advance($0) },
      calibration: { visited, total in
        terminal.progress(
          "calibrate",
          ProgressEstimate(
            completed: visited, total: total, elapsedSeconds: calibrationClock.seconds))
      })
    var quantization = Quantization(
      recipe: QuantizationRecipe(
        weightBits: options.weights, activationBits: options.activations),
      source: options.calib.map { .folder($0, limit: options.images) } ?? .synthesis(synthesis),
      workFolder: paths.work, seed: options.seed)
    quantization.computesAllRows = options.fullLastBlock
    let outcome: Quantization.Outcome
    do throws(KitError) {
      outcome = try quantization.run(
        on: model, path: choice.path,
        workers: Workers(count: options.threads ?? Machine.coreCount),
        cancellation: interruption.cancellation, observer: observer)
      terminal.finishProgress()
      try outcome.lowered.write(to: paths.output, overwriting: true)
      if let graph = paths.graph { try outcome.graph.write(to: graph, overwriting: true) }
    } catch {
      terminal.finishProgress()
      guard error.kind == .interrupted else { throw CommandFailure(error) }
      throw CommandFailure(
        .interrupted, "interrupted; the same command goes on from \(paths.work)")
    }
    if !outcome.synthesized.isEmpty {
      try draw(outcome.synthesized, of: model, to: paths.contactSheet)
      terminal.note("drew \(paths.contactSheet); the images stay in \(paths.work)")
    }
    report(outcome, options, paths, seconds: (ContinuousClock.now - start).inSeconds)
  }

  /// The files a run writes.
  private struct Paths {
    let output: String
    let work: String
    let contactSheet: String
    let graph: String?

    init(_ options: QuantizeOptions, model: String) {
      let bits = "w\(options.weights)a\(options.activations)"
      output = options.output ?? "\(OutputPath.stem(of: model)).\(bits).vitq"
      // Images depend on the model and the synthesis alone, so every bit width shares them.
      work = options.workDir ?? "\(OutputPath.stem(of: model)).images"
      contactSheet = options.contactSheet ?? "\(work).png"
      graph = options.saveGraph
    }
  }

  private static func synthesis(_ options: QuantizeOptions) -> SynthesisOptions {
    let method: SynthesisMethod =
      switch options.method {
      case .sardfq: .sardfq
      case .psaq: .psaq
      case .psaqV2: .psaqV2
      case .smi: .smiDense
      case .smiSparse: .smiSparse
      case .clamp: .clamp
      case .noise: .noise
      }
    var synthesis = SynthesisOptions(method: method)
    synthesis.imageCount = options.images
    if let steps = options.steps { synthesis.stepCount = steps }
    synthesis.seed = options.seed
    synthesis.attentionPriors.weight = options.alpha.map { Float($0) }
    synthesis.student.weightBits = options.weights
    synthesis.student.activationBits = options.activations
    return synthesis
  }

  private static func checkWritable(_ path: String) throws {
    do throws(FileError) {
      try AtomicFile.checkWritable(path, overwriting: true)
    } catch {
      throw CommandFailure(.cannotCreate, "\(path): \(error)")
    }
  }

  private static func draw(
    _ images: [SynthesizedImage], of model: GraphModel, to path: String
  ) throws {
    let sheet = ContactSheet().render(images, preprocessing: model.preprocessing)
    do {
      let bytes = try PNGEncoder.encode(sheet)
      var file = try AtomicFile(path: path, overwriting: true)
      try file.write(bytes)
      try file.commit()
    } catch {
      throw CommandFailure(.cannotCreate, "\(path): \(error)")
    }
  }

  private static func report(
    _ outcome: Quantization.Outcome, _ options: QuantizeOptions, _ paths: Paths, seconds: Double
  ) {
    let bits = "W\(options.weights)A\(options.activations)"
    let attributes = try? FileManager.default.attributesOfItem(atPath: paths.output)
    let byteCount = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard options.json else {
      Output.line(
        "\(paths.output): \(bits), \(Figures.megabytes(byteCount)), "
          + "made in \(Figures.duration(seconds))")
      return
    }
    let quantizers = outcome.reports.map { report in
      JSONText.object([
        ("node", .string(report.node)), ("role", .string(report.role.rawValue)),
        ("bits", .integer(report.bits)), ("low", .number(Double(report.range.lowerBound))),
        ("high", .number(Double(report.range.upperBound))),
        ("relative_error", .number(report.relativeError)),
      ])
    }
    Output.line(
      JSONText.object([
        ("schema", .string("vitq.quantize/1")), ("model", .string(paths.output)),
        ("bytes", .integer(byteCount)), ("seconds", .number(seconds)),
        ("quantizers", .array(quantizers)),
      ]).text)
  }
}

/// A clock that starts when it is first read.
private final class FirstUseClock: Sendable {
  private let start = Mutex<ContinuousClock.Instant?>(nil)

  var seconds: Double {
    start.withLock { start in
      let first = start ?? .now
      start = first
      return (ContinuousClock.now - first).inSeconds
    }
  }
}
