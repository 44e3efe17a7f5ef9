package import ArgumentParser

/// `vitq quantize`: a full-precision model becomes a packed low-bit one.
package struct QuantizeOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The model (default: the one full-precision .vitq in this folder).", valueName: "model"))
  package var model: String?

  @Flag(help: "Calibrate with images synthesised from the model itself.")
  package var dataFree = false

  @Option(
    help: ArgumentHelp(
      "Calibrate with images of a folder instead, drawn by the seed (not data-free).",
      valueName: "folder"))
  package var calib: String?

  @OptionGroup(title: "Recipe") package var recipe: RecipeOptions

  @Option(name: [.short, .long], help: "Bits of a weight, 3 to 8.")
  package var weights: Int?

  @Option(name: [.short, .long], help: "Bits of an activation, 3 to 8.")
  package var activations: Int?

  @Option(name: [.short, .long], help: "Where to write the model (default: <model>.wXaY.vitq).")
  package var output: String?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Go on from what an interrupted run left: images in the work folder, learned layers in \
      <output>.learner, which goes when the model is written.
      """)
  package var resume = true

  @Option(
    help: """
      Where synthesis keeps its state and images (default: <model>.images, where a finished run of \
      other settings makes room).
      """)
  package var workDir: String?

  @Option(help: "Where to draw the images and their priors (default: <work folder>.png).")
  package var contactSheet: String?

  @Option(help: "Also write the quantized graph, for `eval --against` and `compare`.")
  package var saveGraph: String?

  @Option(help: "Also write a report: one HTML file that needs nothing else.")
  package var report: String?

  @Option(
    help: ArgumentHelp(
      "Labelled images (as for eval) whose accuracy the report states; never used otherwise.",
      valueName: "images"))
  package var reportAccuracy: String?

  @OptionGroup package var plan: PlanOptions

  @Flag(
    help: """
      End at the first loss that ends well above where it began, or at images of black and white \
      values alone, with exit code 70, in place of a warning.
      """)
  package var strict = false

  @Flag(help: "Compute every token of the last block, used or not.")
  package var fullLastBlock = false

  @Flag(
    help: """
      Overwrite outputs that exist: files that are no vitq models, a report, a contact sheet. The \
      model that is read is never overwritten.
      """)
  package var force = false

  @OptionGroup package var run: RunOptions

  package init() {}

  package mutating func validate() throws {
    model = try recipe.takeModel(unless: model)
    if dataFree, calib != nil {
      throw ValidationError("--data-free and --calib: expected one of them, found both")
    }
    guard dataFree || calib != nil || recipe.recipe != nil || !recipe.imageFolders.isEmpty else {
      throw ValidationError("give --data-free, --calib <folder>, --recipe or --images <folder>")
    }
    if calib != nil, !recipe.imageFolders.isEmpty {
      throw ValidationError("--calib and --images <folder>: expected one of them, found both")
    }
    if calib != nil, recipe.method != nil {
      throw ValidationError("--calib and --method: expected one of them, found both")
    }
    if let weights, !(3...8).contains(weights) {
      throw ValidationError("--weights: expected 3 to 8 bits, found \(weights)")
    }
    if let activations, !(3...8).contains(activations) {
      throw ValidationError("--activations: expected 3 to 8 bits, found \(activations)")
    }
    if reportAccuracy != nil, report == nil {
      throw ValidationError("--report-accuracy: expected --report with it")
    }
  }
}
