package import ArgumentParser

/// `vitq quantize`: a full-precision model becomes a packed low-bit one.
package struct QuantizeOptions: ParsableArguments {
  /// Where data-free calibration images come from.
  package enum Method: String, CaseIterable, ExpressibleByArgument, Sendable {
    case sardfq
    case psaq
    case psaqV2 = "psaq-v2"
    case smi
    case smiSparse = "smi-sparse"
    case clamp
    case noise
  }

  @Argument(
    help: ArgumentHelp(
      "The model (default: the one full-precision .vitq in this folder).", valueName: "model"))
  package var model: String?

  @Flag(help: "Calibrate with images synthesised from the model itself.")
  package var dataFree = false

  @Option(
    help: ArgumentHelp(
      "Calibrate with the images of a folder instead (not data-free).", valueName: "folder"))
  package var calib: String?

  @Option(
    help: """
      How to make data-free images: sardfq, psaq, psaq-v2, smi, smi-sparse, clamp (a
      reconstruction), or noise (Gaussian).
      """)
  package var method: Method = .sardfq

  @Option(name: [.short, .long], help: "Bits of a weight, 3 to 8.")
  package var weights = 4

  @Option(name: [.short, .long], help: "Bits of an activation, 4 to 8.")
  package var activations = 4

  @Option(name: [.short, .long], help: "Where to write the model (default: <model>.wXaY.vitq).")
  package var output: String?

  @Option(help: "The number of images.")
  package var images = 32

  @Option(help: "Optimisation steps for each synthesised image (default: by the method).")
  package var steps: Int?

  @Option(help: "The seed of everything random.")
  package var seed: UInt64 = 0

  @Option(help: "Weight of the attention-priors loss (default: by the model's width).")
  package var alpha: Double?

  @Option(name: [.short, .long], help: "Threads (default: all cores).")
  package var threads: Int?

  @Flag(
    inversion: .prefixedNo,
    help: "Go on from what an interrupted run left in the work folder.")
  package var resume = true

  @Option(help: "Where synthesis keeps its state and images (default: <output>.work).")
  package var workDir: String?

  @Option(help: "Where to draw the images and their priors (default: <output>.png).")
  package var contactSheet: String?

  @Option(help: "Also write the quantized graph, for `eval --against`.")
  package var saveGraph: String?

  @Flag(help: "Compute every token of the last block, used or not.")
  package var fullLastBlock = false

  @Flag(help: "Overwrite an output that is no vitq model.")
  package var force = false

  @Flag(help: "Print the report as JSON.")
  package var json = false

  @Flag(name: [.short, .long], help: "Say nothing but errors and the result.")
  package var quiet = false

  package init() {}

  package mutating func validate() throws {
    guard dataFree != (calib != nil) else {
      throw ValidationError("give either --data-free or --calib <folder>")
    }
    guard (3...8).contains(weights) else {
      throw ValidationError("--weights: expected 3 to 8 bits, found \(weights)")
    }
    guard (4...8).contains(activations) else {
      throw ValidationError("--activations: expected 4 to 8 bits, found \(activations)")
    }
    guard (1...4096).contains(images) else {
      throw ValidationError("--images: expected 1 to 4096, found \(images)")
    }
    if let steps, !(1...1_000_000).contains(steps) {
      throw ValidationError("--steps: expected 1 to 1000000, found \(steps)")
    }
    if let alpha, !(alpha >= 0 && alpha.isFinite) {
      throw ValidationError("--alpha: expected a finite number of at least 0, found \(alpha)")
    }
    try ThreadCount.validate(threads)
  }
}

/// The `--threads` option of several commands.
package enum ThreadCount {
  package static func validate(_ threads: Int?) throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads: expected 1 to 256, found \(threads)")
    }
  }
}
