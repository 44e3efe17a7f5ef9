package import ArgumentParser

/// `vitq inspect`: what a model file holds.
package struct InspectOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A .vitq file.", valueName: "file"))
  package var file: String

  @Flag(help: "List every tensor.")
  package var tensors = false

  @Flag(help: "Print the tree of modules with shapes and sizes.")
  package var tree = false

  @Flag(help: "Print the graph or the program, one line for each node or instruction.")
  package var graph = false

  @Flag(help: "Print the recipe the model was quantized with, as 'quantize --recipe' reads it.")
  package var recipe = false

  @Flag(help: "Print the images of a folder the model was calibrated with, as sha256sum does.")
  package var calibration = false

  @Flag(help: "Print the summary, or with --graph the graph of a full-precision model, as JSON.")
  package var json = false

  package init() {}

  package func validate() throws {
    // These print what they name and nothing else, ready for another program.
    for (option, isGiven) in [("--recipe", recipe), ("--calibration", calibration)] where isGiven {
      let others = [
        ("--tensors", tensors), ("--tree", tree), ("--graph", graph), ("--recipe", recipe),
        ("--calibration", calibration), ("--json", json),
      ]
      for (other, isGiven) in others where isGiven && other != option {
        throw ValidationError("\(option) and \(other): expected one of them, found both")
      }
    }
  }
}

/// `vitq verify`: whether every byte of a model file is as it was written.
package struct VerifyOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A .vitq file.", valueName: "file"))
  package var file: String

  @Flag(help: "Print the result as JSON.")
  package var json = false

  package init() {}
}

/// `vitq models`: the architectures that a name is enough for.
package struct ModelsOptions: ParsableArguments {
  @Flag(help: "Print the list as JSON.")
  package var json = false

  package init() {}
}
