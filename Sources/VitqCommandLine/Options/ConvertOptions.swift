package import ArgumentParser

/// `vitq convert`: a checkpoint becomes a full-precision `.vitq` model.
package struct ConvertOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The checkpoint: model.h5, model.onnx, model.safetensors, or a folder with timm's "
        + "config.json and model.safetensors.", valueName: "input"))
  package var input: String

  @Option(name: [.short, .long], help: "Where to write the model (default: <input>.vitq here).")
  package var output: String?

  @Option(help: "timm's name of the architecture, where the file does not say it.")
  package var arch: String?

  @Option(help: "timm's config.json, where the file does not hold one.")
  package var config: String?

  @Option(help: "A text file with one class name a line.")
  package var labels: String?

  @Flag(help: "List which passes rewrote how many places, and why they run.")
  package var report = false

  @Flag(help: "Print the result as JSON.")
  package var json = false

  @Flag(help: "Overwrite an output that is no vitq model.")
  package var force = false

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  package var quiet = false

  package init() {}
}
