import VitqFaults
import VitqAutodiff
import VitqCommandLine
import VitqKit
import VitqReporting
import VitqSynthesis

enum SynthesizeBody {
  static func run(_ options: SynthesizeOptions) throws {
    let terminal = Terminal(isQuiet: options.run.quiet)
    let choice = try ModelPicker.fullPrecision(given: options.model)
    if options.model == nil { terminal.note("using \(choice.path) (\(choice.reason))") }
    let recipe = try options.recipe.resolved()
    let ending = options.shard.map { "-\($0.number)-of-\($0.count)" } ?? ""
    let folder = options.output ?? "\(OutputPath.stem(of: choice.path)).images\(ending)"
    try OutputPath.checkMakeable(folder: folder)
    var part = PartSynthesis(
      recipe: recipe, folder: folder,
      shard: options.shard.map { (number: $0.number, count: $0.count) })
    guard !part.images.isEmpty else {
      throw CommandFailure(
        .usage,
        "--shard: expected at most \(recipe.imageCount) parts of \(recipe.imageCount) images, "
          + "found \(options.shard?.count ?? 1)")
    }
    if !options.resume { part.existingRun = .replaced }
    part.isStrict = options.strict
    let model = try CommandFailure.mapping { () throws(KitError) in
      let model = try GraphModel(path: choice.path)
      try model.checkFullPrecision(path: choice.path)
      try part.check()
      return model
    }
    let workers = try Workers.checked(count: options.run.threadCount)
    let plan = try RunPlan(
      recipe, model, images: part.images.count, quantizes: false, workers: workers, options.plan)
    if options.plan.dryRun { plan.print(json: options.run.json) }
    try plan.check()
    if options.plan.dryRun { return }
    let start = ContinuousClock.now
    let interruption = Interruption(after: options.plan.budget)
    let meter = SynthesisMeter(
      terminal, images: part.images.count, steps: recipe.synthesis?.stepCount ?? 1, start: start)
    do throws(KitError) {
      try part.run(
        on: model, path: choice.path, workers: workers, cancellation: interruption.cancellation,
        restored: { meter.restore(image: $0, step: $1) }, warned: { terminal.warn($0) }
      ) { meter.advance($0) }
    } catch {
      terminal.finishProgress()
      guard error.kind == .interrupted, interruption.cancellation.isRequested else {
        throw CommandFailure(error, folderOption: "--output")
      }
      throw CommandFailure(
        .interrupted, "\(interruption.reason); the same command goes on from \(folder)")
    }
    terminal.finishProgress()
    let seconds = (ContinuousClock.now - start).inSeconds
    if options.run.json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.synthesize/1")), ("folder", .string(folder)),
          ("images", .array(part.images.map(JSONText.integer))),
          ("of", .integer(recipe.imageCount)), ("seconds", .number(seconds)),
        ]).text)
    } else {
      Output.line(
        "\(folder): \(part.images.count) of \(recipe.imageCount) images, "
          + "made in \(Figures.duration(seconds))")
    }
  }
}
