package import ArgumentParser
import VitqRuntime

/// `vitq infer`: what is in an image.
package struct InferOptions: ParsableArguments {
  /// What to do about the orientation that a camera notes in a JPEG.
  package enum Orientation: String, CaseIterable, ExpressibleByArgument, Sendable {
    case ignore
    case apply
  }

  @Argument(help: ArgumentHelp("PNG or JPEG files.", valueName: "image"))
  package var images: [String]

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The model (default: $VITQ_MODEL, else the one quantized .vitq here, else the one .vitq).",
      valueName: "file"))
  package var model: String?

  @Option(name: [.customShort("k"), .long], help: "How many classes to name.")
  package var top = 5

  @Option(
    name: [.short, .long], help: "Threads that share an image (default: the cores, at most 8).")
  package var threads: Int?

  /// The threads that share an image.
  package var threadCount: Int { threads ?? Session.recommendedThreadCount }

  @Option(help: "The EXIF orientation of a JPEG: ignore, as timm does, or apply.")
  package var exif: Orientation = .ignore

  @Flag(help: "Print the pooled features of a quantized model: one line of numbers for each image.")
  package var features = false

  @Option(
    help: ArgumentHelp(
      "Print what a block of a quantized model gives, the first being 0: a line for each token.",
      valueName: "block"))
  package var tokens: Int?

  @Flag(help: "Print one JSON object for each image.")
  package var json = false

  @Flag(name: [.short, .long], help: "Do not say which model was picked.")
  package var quiet = false

  package init() {}

  package mutating func validate() throws {
    guard !images.isEmpty else { throw ValidationError("give at least one image") }
    guard (1...100_000).contains(top) else {
      throw ValidationError("--top: expected 1 to 100000, found \(top)")
    }
    guard tokens.map({ $0 >= 0 }) ?? true else {
      throw ValidationError("--tokens: expected a block from 0 on, found \(tokens ?? 0)")
    }
    guard tokens == nil || !features else {
      throw ValidationError("--tokens and --features: give one of them")
    }
    try ThreadLimit.validate("--threads", threads)
  }
}
