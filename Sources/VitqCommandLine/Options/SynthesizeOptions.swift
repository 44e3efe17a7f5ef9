package import ArgumentParser

/// `vitq synthesize`: the images of a run, or one part of them.
package struct SynthesizeOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The model (default: the one full-precision .vitq in this folder).", valueName: "model"))
  package var model: String?

  @OptionGroup(title: "Recipe") package var recipe: RecipeOptions

  @Option(
    help: ArgumentHelp(
      "Make one part of the images: 3/8 is the third of eight.", valueName: "part/parts"))
  package var shard: ShardArgument?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The folder of the part (default: <model>.images, with -3-of-8 behind for a part).",
      valueName: "folder"))
  package var output: String?

  @Flag(inversion: .prefixedNo, help: "Go on from what an interrupted run left in the folder.")
  package var resume = true

  @OptionGroup package var plan: PlanOptions

  @Flag(
    help: """
      End at the first loss that ends well above where it began, or at images of black and white \
      values alone, with exit code 70, in place of a warning.
      """)
  package var strict = false

  @OptionGroup package var run: RunOptions

  package init() {}

  package mutating func validate() throws {
    model = try recipe.takeModel(unless: model)
    if let folder = recipe.imageFolders.first {
      throw ValidationError("--images: expected a number, found '\(folder)'")
    }
  }
}
