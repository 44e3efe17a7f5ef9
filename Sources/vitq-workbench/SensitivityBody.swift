import VitqAutodiff
import VitqCommandLine
import VitqImage
import VitqKit
import VitqQuantization
import VitqReporting

enum SensitivityBody {
  static func run(_ options: SensitivityOptions) throws {
    let terminal = Terminal(isQuiet: options.run.quiet)
    let choice = try ModelPicker.fullPrecision(given: options.model)
    if options.model == nil { terminal.note("using \(choice.path) (\(choice.reason))") }
    let recipe = try recipe(options)
    let workers = try Workers.checked(count: options.run.threadCount)
    let calibration = CalibrationMeter(terminal)
    var start: ContinuousClock.Instant?
    let sensitivity = try CommandFailure.mapping { () throws(KitError) in
      let model = try GraphModel(path: choice.path)
      try model.checkFullPrecision(path: choice.path)
      return try LayerSensitivity(
        of: model, path: choice.path,
        on: ComparedImages(
          options.images, limit: options.limit, for: model.preprocessing,
          classCount: model.classCount),
        recipe: recipe, workers: workers
      ) {
        calibration.advance($0)
      } progress: { done, total in
        let begin = start ?? .now
        start = begin
        terminal.progress(
          "sensitivity",
          ProgressEstimate(
            completed: done, total: total,
            elapsedSeconds: (ContinuousClock.now - begin).inSeconds))
      }
    }
    if options.run.json {
      let rows = sensitivity.rows.map { row in
        JSONText.object([
          ("layer", .string(row.name)), ("kl", .number(row.divergence)),
          ("logits_snr_db", .number(row.logits.signalToNoise)),
          ("agreement", .number(row.agreement.fraction)), ("weights", .integer(row.weightCount)),
        ])
      }
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.sensitivity/1")), ("model", .string(choice.path)),
          ("images", .integer(sensitivity.imageCount)),
          ("weight_bits", .integer(recipe.quantization.weightBits)),
          ("activation_bits", .integer(recipe.quantization.activationBits)),
          ("recipe", .string(recipe.text)), ("layers", .array(rows)),
        ]).text)
      return
    }
    var table = Table(["layer", ">KL", ">SNR dB", ">same answer", ">weights"])
    for row in sensitivity.rows {
      let ratio = row.logits.signalToNoise
      table.append([
        CommandFailure.printable(row.name), Figures.fixed(row.divergence, 5),
        ratio.isFinite ? Figures.fixed(ratio, 2) : "∞",
        Figures.percent(row.agreement.fraction) + " %", "\(row.weightCount)",
      ])
    }
    Output.line(table.plainText)
  }

  private static func recipe(_ options: SensitivityOptions) throws -> RunRecipe {
    try CommandFailure.mapping { () throws(KitError) in
      let layers = try RecipeLayer.layers(of: options.recipe)
      return try RunRecipe(
        resolving: layers + [
          RecipeLayer(
            origin: "options",
            settings: RecipeLayer.bits(weights: options.weights, activations: options.activations))
        ])
    }
  }
}
