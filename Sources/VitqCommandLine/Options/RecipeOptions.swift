package import ArgumentParser

/// A number of images to make, or a folder with images that were made before.
package enum ImagesArgument: ExpressibleByArgument, Equatable, Sendable {
  case count(Int)
  case folder(String)

  package init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self = Int(argument).map { .count($0) } ?? .folder(argument)
  }

  fileprivate var isCount: Bool {
    if case .count = self { true } else { false }
  }
}

/// One part of the images of a run: part 3 of 8 is written `3/8`.
package struct ShardArgument: ExpressibleByArgument, Equatable, Sendable {
  /// Counted from 1.
  package let number: Int
  package let count: Int

  package init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]),
      (1...4096).contains(count), (1...count).contains(number)
    else { return nil }
    (self.number, self.count) = (number, count)
  }
}

/// `--set key=value`: any setting of a recipe.
package struct SettingArgument: ExpressibleByArgument, Equatable, Sendable {
  package let key: String
  package let value: String

  package init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      return nil
    }
    key = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}

/// What `quantize` and `synthesize` do, as a recipe and changes to it.
package struct RecipeOptions: ParsableArguments {
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

  /// How the weights of a model are adapted to its quantizers.
  package enum Learner: String, CaseIterable, ExpressibleByArgument, Sendable {
    case sardfq
    case repq
    case erq
    case gptq
    case best
  }

  @Option(
    help: ArgumentHelp(
      "Start from a recipe: paper, best, fast, w8a8, a YAML file, or a model whose recipe is taken "
        + "(default: that of the folders of --images, else best).", valueName: "name or file"))
  package var recipe: String?

  @Option(
    help: """
      How to make data-free images: sardfq, psaq, psaq-v2, smi, smi-sparse, clamp (a \
      reconstruction), or noise (Gaussian).
      """)
  package var method: Method?

  @Option(
    help: """
      How weights are adapted: sardfq (two stages by gradients), repq (RepQ-ViT), erq (ERQ), gptq, \
      or best (gptq on a rotated model with codebooks).
      """)
  package var learner: Learner?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The number of images; or the folders that 'vitq synthesize' made, all parts of one run.",
      valueName: "count or folder"))
  package var images: [ImagesArgument] = []

  @Option(
    help: """
      Optimisation steps for each synthesised image (default: the recipe's; with another method \
      than its own, those of the method's publication, but 500 for psaq).
      """)
  package var steps: Int?

  @Option(help: "The seed of everything random.")
  package var seed: UInt64?

  @Option(help: "Weight of the attention-priors loss (default: by the model's width).")
  package var alpha: Double?

  @Option(
    help: ArgumentHelp(
      "Change any setting of the recipe, such as images.soft-labels.on=false; 'vitq recipes "
        + "--keys' lists them. May be repeated.", valueName: "key=value"))
  package var set: [SettingArgument] = []

  /// The number of images, if one was given.
  package var imageCount: Int? {
    guard case .count(let count)? = images.first else { return nil }
    return count
  }

  /// The folders with parts of the images, none if a number was given.
  package var imageFolders: [String] {
    images.compactMap { if case .folder(let path) = $0 { path } else { nil } }
  }

  package init() {}

  package mutating func validate() throws {
    // The command, which is checked after its options, says whose the last value is.
    if trailingModel == nil { try validateImages() }
    if let steps, !(1...1_000_000).contains(steps) {
      throw ValidationError("--steps: expected 1 to 1000000, found \(steps)")
    }
    if let alpha, !(alpha >= 0 && alpha.isFinite) {
      throw ValidationError("--alpha: expected a finite number of at least 0, found \(alpha)")
    }
  }
}

extension RecipeOptions {
  /// The last value of `--images`, if it is a model.
  private var trailingModel: String? {
    guard case .folder(let path)? = images.last, path.hasSuffix(".vitq") else { return nil }
    return path
  }

  /// Takes the model of a command that names none from behind the values of `--images`, which reach
  /// up to the next option, and checks what is left of them.
  ///
  /// - Parameter given: The model that the command names.
  /// - Returns: The model of the command, `nil` if there is none.
  /// - Throws: `ValidationError` if the other values are none of images.
  mutating func takeModel(unless given: String?) throws -> String? {
    var model = given
    if given == nil, let path = trailingModel {
      model = path
      images.removeLast()
      guard !images.isEmpty else {
        throw ValidationError("--images: expected a number or folders, found only '\(path)'")
      }
    }
    try validateImages()
    return model
  }

  private func validateImages() throws {
    if images.count > 1, images.contains(where: \.isCount) {
      throw ValidationError("--images: expected one number or folders, found both")
    }
    if let count = imageCount, !(1...4096).contains(count) {
      throw ValidationError("--images: expected 1 to 4096, found \(count)")
    }
  }
}
