package import ArgumentParser

/// `vitq eval`: how often a model is right on labelled images.
package struct EvalOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "labels.csv (file,class_index), a folder that holds one, or a folder with one sub-folder "
        + "for each class.", valueName: "images"))
  package var images: String

  @Option(name: [.short, .long], help: "The model (default: as for infer).")
  package var model: String?

  @Option(help: "A second model: how often both give the same answer.")
  package var against: String?

  @Option(help: "Use only the first images.")
  package var limit: Int?

  @Option(help: "Write the logits as a NumPy array (.npy).")
  package var logits: String?

  @Option(
    help: ArgumentHelp(
      "Write the output of each block for the first image as a NumPy array, block.0.npy and on; of "
        + "full-precision models.", valueName: "folder"))
  package var blocks: String?

  @Flag(help: "Overwrite files of --logits and --blocks that exist.")
  package var force = false

  @Option(help: "Images at once, which share the threads (default: one for each thread).")
  package var streams: Int?

  @OptionGroup package var run: RunOptions

  package init() {}

  package mutating func validate() throws {
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected at least 1, found \(limit)")
    }
    try ThreadLimit.validate("--streams", streams)
  }
}
