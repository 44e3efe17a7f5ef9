package import ArgumentParser

/// `vitq compare`: how far two models are apart on the same images.
package struct CompareOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The reference, such as the full-precision model.", valueName: "a"))
  package var first: String

  @Argument(help: ArgumentHelp("The model to compare with it.", valueName: "b"))
  package var second: String

  @Option(
    help: ArgumentHelp(
      "A folder with images, or labels.csv, or a folder with one sub-folder for each class, or one "
        + "that 'vitq synthesize' made.",
      valueName: "images"))
  package var images: String

  @Option(help: "Use only the first images.")
  package var limit: Int?

  @Option(help: "How many of the worst images and layers to list.")
  package var worst = 5

  @OptionGroup package var run: RunOptions

  package init() {}

  package mutating func validate() throws {
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected at least 1, found \(limit)")
    }
    guard (0...1_000_000).contains(worst) else {
      throw ValidationError("--worst: expected at least 0, found \(worst)")
    }
  }
}

/// `vitq sensitivity`: which layer costs how much.
package struct SensitivityOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The model (default: the one full-precision .vitq in this folder).", valueName: "model"))
  package var model: String?

  @Option(
    help: ArgumentHelp(
      "A folder with images, or labels.csv, or a folder with one sub-folder for each class; a "
        + "folder that 'vitq synthesize' made keeps it data-free.", valueName: "images"))
  package var images: String

  @Option(help: "Use only the first images.")
  package var limit = 16

  @Option(
    help: ArgumentHelp(
      "How layers are quantized: the name of a recipe, a YAML file, or a quantized model, whose "
        + "recipe is taken (default: best).", valueName: "name or file"))
  package var recipe: String?

  @Option(name: [.short, .long], help: "Bits of a weight, 3 to 8 (default: the recipe's).")
  package var weights: Int?

  @Option(name: [.short, .long], help: "Bits of an activation, 3 to 8 (default: the recipe's).")
  package var activations: Int?

  @OptionGroup package var run: RunOptions

  package init() {}

  package mutating func validate() throws {
    guard limit > 0 else {
      throw ValidationError("--limit: expected at least 1, found \(limit)")
    }
    if let weights, !(3...8).contains(weights) {
      throw ValidationError("--weights: expected 3 to 8 bits, found \(weights)")
    }
    if let activations, !(3...8).contains(activations) {
      throw ValidationError("--activations: expected 3 to 8 bits, found \(activations)")
    }
  }
}
