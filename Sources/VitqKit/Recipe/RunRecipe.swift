package import VitqQuantization
package import VitqSynthesis

/// A whole run: where the images come from, how the model is quantized, and the seed of both.
///
/// Everything the bytes of a result depend on beside the model and the tool's version, and nothing
/// else: no number of threads, and no path but that of real images whose attention is a prior, which
/// the plan of the images states by content.
package struct RunRecipe: Equatable, Sendable {
  /// Where calibration images come from.
  package enum Images: Equatable, Sendable {
    /// Made from the model alone.
    case synthesis(SynthesisOptions)
    /// Images of a folder that the seed draws: not data-free.
    case folder(limit: Int)
  }

  package var images: Images
  package var quantization: QuantizationRecipe

  /// The seed of the images and of everything random in quantization.
  package var seed: UInt64 {
    get { quantization.seed }
    set {
      quantization.seed = newValue
      synthesis?.seed = newValue
    }
  }

  package init(images: Images, quantization: QuantizationRecipe, seed: UInt64 = 0) {
    self.images = images
    self.quantization = quantization
    self.seed = seed
  }

  /// The number of images, or the most that are taken of a folder.
  package var imageCount: Int {
    get {
      switch images {
      case .synthesis(let options): options.imageCount
      case .folder(let limit): limit
      }
    }
    set {
      switch images {
      case .synthesis(var options):
        options.imageCount = newValue
        images = .synthesis(options)
      case .folder: images = .folder(limit: newValue)
      }
    }
  }

  /// Whether no image but what is made from the model alone goes into the result.
  package var isDataFree: Bool { realImages == nil }

  /// The key that has real images go into the result, and what it says; `nil` if none does.
  private var realImages: (key: String, value: String)? {
    guard let synthesis else { return (RecipeKey.method, ImageMethod(images).rawValue) }
    guard synthesis.referenceFolder != nil else { return nil }
    return (RecipeKey.priors, synthesis.attentionPriors.kind.text)
  }

  /// Refuses a recipe that needs real images.
  ///
  /// - Throws: ``KitError``, ``KitError/Kind/badConfiguration``, that names the key.
  package func checkDataFree() throws(KitError) {
    guard let (key, value) = realImages else { return }
    throw KitError(
      .badConfiguration,
      "\(key): expected a way to make images without data, found '\(value)'")
  }

  /// The bits as file names have them, such as `w4a8` or `w4a4-per-token`.
  package var bitsName: String {
    "w\(quantization.weightBits)a\(quantization.activationBits)"
      + (quantization.activationScales == .perToken ? "-per-token" : "")
  }

  /// The bits as reports have them, such as `W4A8` or `W4A4 per-token`.
  package var modeName: String {
    let parts = bitsName.split(separator: "-", maxSplits: 1).map { String($0) }
    return ([parts[0].uppercased()] + parts.dropFirst()).joined(separator: " ")
  }
}

/// Settings from one place; later layers go before earlier ones.
package struct RecipeLayer: Sendable {
  /// Where the settings come from, for messages: a path, a recipe's name, `options`.
  package let origin: String
  package let document: RecipeDocument
  /// Whether it is a recipe of the tool, whose images and steps were chosen for its method.
  let isNamed: Bool

  package init(origin: String, document: RecipeDocument, isNamed: Bool = false) {
    self.origin = origin
    self.document = document
    self.isNamed = isNamed
  }
}

extension RunRecipe {
  /// What the tool chooses for the method, the learner and the bits that settings state.
  init(chosenFor settings: [String: RecipeDocument.Setting]) {
    func word(_ path: String) -> String? {
      guard case .word(let word)? = settings[path]?.value else { return nil }
      return word
    }
    func bits(_ path: String) -> Int {
      guard case .integer(let bits)? = settings[path]?.value else { return 4 }
      return bits
    }
    let method = word(RecipeKey.method).flatMap { ImageMethod(rawValue: $0) } ?? .synthesis(.sardfq)
    let learner = word(RecipeKey.learner).flatMap { Learner(rawValue: $0) } ?? .best
    let (weightBits, activationBits) = (bits(RecipeKey.weightBits), bits(RecipeKey.activationBits))
    let scales = word(RecipeKey.activationScales).flatMap {
      QuantizationRecipe.ActivationScales(rawValue: $0)
    }
    self.init(
      images: method.defaults,
      quantization: QuantizationRecipe(
        learner: learner, weightBits: weightBits, activationBits: activationBits,
        activationScales: scales ?? .static))
    if synthesis?.method == .psaqV2 {
      synthesis?.student.weightBits = weightBits
      synthesis?.student.activationBits = activationBits
    }
  }

  /// Resolves layers of settings over the defaults of the tool.
  ///
  /// Defaults that depend on the learner and the bits follow the ones the layers end up with. A
  /// setting that the method of the images has no use for is an error, unless it is one of a recipe
  /// and a later layer chose that method. Images and steps of a named recipe count for its own method only.
  ///
  /// - Parameter layers: From the most general to the most special.
  /// - Throws: ``KitError`` that names the layer and the key.
  package init(resolving layers: [RecipeLayer]) throws(KitError) {
    var settings: [String: (layer: Int, setting: RecipeDocument.Setting)] = [:]
    for (index, layer) in layers.enumerated() {
      if let method = layer.document.settings[RecipeKey.method]?.value,
        method != settings[RecipeKey.method]?.setting.value
      {
        for path in [RecipeKey.count, RecipeKey.steps] {
          if let chosen = settings[path], layers[chosen.layer].isNamed { settings[path] = nil }
        }
      }
      for (path, setting) in layer.document.settings { settings[path] = (index, setting) }
    }
    self.init(chosenFor: settings.mapValues { $0.setting })
    let method = ImageMethod(images)
    let methodLayer = settings[RecipeKey.method]?.layer ?? 0
    for key in RecipeKey.all {
      guard let (layer, setting) = settings[key.path] else { continue }
      guard key.read(self) != nil else {
        let isOption = setting.line == nil
        if layer < methodLayer, !isOption { continue }
        throw KitError(
          layers[layer].origin,
          .doesNotApply(line: setting.line, key: key.path, method: method.rawValue))
      }
      key.write(&self, setting.value)
    }
    for (path, otherCodes) in RecipeKey.uniformPerToken
    where quantization.activationScales == .perToken {
      guard let (layer, setting) = settings[path], let found = otherCodes(quantization)
      else { continue }
      throw KitError(
        layers[layer].origin,
        .contradiction(
          line: setting.line, key: path, expected: "uniform", found: found,
          because: "\(RecipeKey.activationScales) is per-token"))
    }
    do throws(SynthesisError) {
      try synthesis?.check()
    } catch {
      throw KitError(.badConfiguration, "recipe: \(error)")
    }
  }
}

/// A source of images by name: a method of synthesis, or `folder`.
package enum ImageMethod: RawRepresentable, CaseIterable, Equatable, Sendable {
  case synthesis(SynthesisMethod)
  case folder

  package static let allCases =
    SynthesisMethod.allCases.map { ImageMethod.synthesis($0) } + [.folder]

  private static let folderName = "folder"

  init(_ images: RunRecipe.Images) {
    switch images {
    case .synthesis(let options): self = .synthesis(options.method)
    case .folder: self = .folder
    }
  }

  package init?(rawValue: String) {
    if rawValue == Self.folderName {
      self = .folder
    } else if let method = SynthesisMethod(rawValue: rawValue) {
      self = .synthesis(method)
    } else {
      return nil
    }
  }

  package var rawValue: String {
    switch self {
    case .synthesis(let method): method.rawValue
    case .folder: Self.folderName
    }
  }

  var defaults: RunRecipe.Images {
    switch self {
    case .synthesis(let method):
      var options = SynthesisOptions(method: method)
      if method != .noise { options.products = ProductFormat.native.last ?? .f32 }
      return .synthesis(options)
    case .folder: return .folder(limit: 32)
    }
  }
}

extension KitError {
  /// Trouble with a recipe.
  init(_ origin: String, _ error: RecipeError) {
    self.init(.badConfiguration, "\(origin): \(error)")
  }
}

extension RecipeLayer {
  /// The settings that bits of weights and of activations stand for; `nil` changes nothing.
  package static func bits(
    weights: Int?, activations: Int?
  ) -> [(key: String, value: String)] {
    [(RecipeKey.weightBits, weights), (RecipeKey.activationBits, activations)].compactMap {
      key, bits in bits.map { (key: key, value: "\($0)") }
    }
  }

  /// Settings of the command line, by key.
  package init(origin: String, settings: [(key: String, value: String)]) throws(KitError) {
    var document = RecipeDocument()
    for (key, value) in settings {
      do throws(RecipeError) {
        try document.set(key, value)
      } catch {
        throw KitError(origin, error)
      }
    }
    self.init(origin: origin, document: document)
  }
}
