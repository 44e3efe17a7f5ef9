import VitqFaults
import Foundation
import VitqAutodiff
import VitqCommandLine
import VitqKit
import VitqQuantization
import VitqReporting
import VitqSynthesis

enum QuantizeBody {
  static func run(_ options: QuantizeOptions) throws {
    let terminal = Terminal(isQuiet: options.run.quiet)
    let choice = try ModelPicker.fullPrecision(given: options.model)
    if options.model == nil { terminal.note("using \(choice.path) (\(choice.reason))") }
    let parts = try parts(of: options)
    let recipe = try recipe(options, parts)
    let paths = QuantizePaths(options, recipe, model: choice.path)
    try paths.check(force: options.force)
    let model = try CommandFailure.mapping { () throws(KitError) in
      try GraphModel(path: choice.path)
    }
    var quantization = try CommandFailure.mapping { () throws(KitError) in
      try Quantization(
        of: model, path: choice.path, recipe: recipe, workFolder: paths.work,
        imageFolder: options.calib)
    }
    quantization.parts = parts
    quantization.learnerFolder = paths.learner
    try CommandFailure.mapping { () throws(KitError) in
      try quantization.checkFolders()
      if options.plan.dryRun { try quantization.checkParts() }
      if let images = options.reportAccuracy {
        try LabelledImages.check(images, classCount: model.classCount)
      }
    }
    let workers = try Workers.checked(count: options.run.threadCount)
    let plan = try RunPlan(
      recipe, model, images: parts == nil ? nil : 0, workers: workers, options.plan)
    if options.plan.dryRun { plan.print(json: options.run.json) }
    try plan.check()
    if options.plan.dryRun { return }

    let start = ContinuousClock.now
    let interruption = Interruption(after: options.plan.budget)
    let meter = SynthesisMeter(
      terminal, images: recipe.imageCount, steps: recipe.synthesis?.stepCount ?? 1, start: start)
    let calibration = CalibrationMeter(terminal)
    let observer = Quantization.Observer(
      synthesis: { meter.advance($0) }, restored: { meter.restore(image: $0, step: $1) },
      calibration: { calibration.advance($0) },
      drawn: { [folder = options.calib ?? ""] count, total in
        let fewer = count < recipe.imageCount ? ", \(recipe.imageCount) were asked for" : ""
        terminal.note("calibrating with \(count) of the \(total) images of \(folder)\(fewer)")
      }, warned: { terminal.warn($0) })
    quantization.computesAllRows = options.fullLastBlock
    quantization.isStrict = options.strict
    quantization.resumesLearner = options.resume
    if !options.resume, parts == nil {
      quantization.existingRun = .replaced
    } else if paths.hasDefaultWork {
      quantization.existingRun = .replacedIfFinished
    }
    let outcome: Quantization.Outcome
    do throws(KitError) {
      outcome = try quantization.run(
        workers: workers, cancellation: interruption.cancellation, observer: observer)
      terminal.finishProgress()
      try outcome.lowered.write(to: paths.output, overwriting: true)
      if let graph = paths.graph { try outcome.graph.write(to: graph, overwriting: true) }
      outcome.forgetLearning()
    } catch {
      terminal.finishProgress()
      guard error.kind == .interrupted, interruption.cancellation.isRequested else {
        throw CommandFailure(error, folderOption: "--work-dir")
      }
      let folders = quantization.foldersToGoOnFrom.joined(separator: " and ")
      throw CommandFailure(
        .interrupted,
        interruption.reason
          + (folders.isEmpty
            ? "; there is nothing yet to go on from: the same command starts anew"
            : "; the same command goes on from \(folders)"))
    }
    if !outcome.synthesized.isEmpty {
      try draw(outcome.synthesized, of: model, to: paths.contactSheet)
      terminal.note("drew \(paths.contactSheet); the images stay in \(paths.work)")
    }
    let seconds = (ContinuousClock.now - start).inSeconds
    if let path = paths.report {
      try QuantizationReportBody.write(
        outcome, of: model, from: choice.path, recipe: recipe, model: paths.output, options,
        seconds: seconds, workers: workers, to: path)
      terminal.note("wrote \(path)")
    }
    report(outcome, recipe, options, paths, seconds: seconds)
  }

  private static func parts(of options: QuantizeOptions) throws -> ImageParts? {
    guard !options.recipe.imageFolders.isEmpty else { return nil }
    return try CommandFailure.mapping { () throws(KitError) in
      try ImageParts(folders: options.recipe.imageFolders)
    }
  }

  private static func recipe(_ options: QuantizeOptions, _ parts: ImageParts?) throws -> RunRecipe {
    var settings = RecipeLayer.bits(weights: options.weights, activations: options.activations)
    if options.calib != nil { settings.append(("images.method", "folder")) }
    let recipe = try options.recipe.resolved(parts: parts, options: settings)
    if options.dataFree {
      do throws(KitError) {
        try recipe.checkDataFree()
      } catch {
        throw CommandFailure(
          .usage, "--data-free: \(error); give --calib or --recipe in place of --data-free")
      }
    }
    guard case .folder = recipe.images else { return recipe }
    guard options.calib != nil else {
      throw CommandFailure(
        .usage, "the recipe calibrates with the images of a folder: give it with --calib")
    }
    return recipe
  }

  private static func draw(
    _ images: [SynthesizedImage], of model: GraphModel, to path: String
  ) throws {
    try PNGFile.write(
      ContactSheet().render(images, preprocessing: model.preprocessing), to: path)
  }

  private static func report(
    _ outcome: Quantization.Outcome, _ recipe: RunRecipe, _ options: QuantizeOptions,
    _ paths: QuantizePaths, seconds: Double
  ) {
    let bits = recipe.modeName
    let attributes = try? FileManager.default.attributesOfItem(atPath: paths.output)
    let byteCount = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard options.run.json else {
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
        ("recipe", .string(recipe.text)), ("quantizers", .array(quantizers)),
        ("warnings", .array(outcome.warnings.map { JSONText.string($0) })),
      ]).text)
  }
}
