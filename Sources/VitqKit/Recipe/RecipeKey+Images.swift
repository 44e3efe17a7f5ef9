package import VitqSynthesis

/// Keys of `images`.
///
/// A method has the keys that its objective uses; the others do not apply to it.
extension RecipeKey {
  static let imageKeys: [RecipeKey] = generalKeys + priorKeys + partKeys + labelKeys + studentKeys

  private static let positive = Double.leastNormalMagnitude...1e9

  private static let generalKeys: [RecipeKey] = [
    .word(
      method, "Where calibration images come from; folder is not data-free.",
      { ImageMethod($0.images) }, { _, _ in }),
    .integer(
      count, 1...4096, "The number of images; of a folder the most, drawn by the seed.",
      { $0.imageCount }, { $0.imageCount = $1 }),
    .integer(
      steps, 1...1_000_000, "Optimisation steps for each image.",
      { $0.optimized?.stepCount }, { $0.synthesis?.stepCount = $1 }),
    .automatic(
      "images.learning-rate", positive, "The largest learning rate of Adam; auto is the method's.",
      { $0.optimized.map { $0.learningRate } }, { $0.synthesis?.learningRate = $1 }),
    .word(
      "images.augmentation", "How an image is moved before each step.",
      { $0.optimized?.augmentation }, { $0.synthesis?.augmentation = $1 }),
    .word(
      "images.total-variation", "What becomes of the total variation of an image.",
      { $0.optimized?.totalVariation }, { $0.synthesis?.totalVariation = $1 }),
    .word(
      "images.products",
      "What the model's matrices are multiplied as; bf16 unless stated where the CPU multiplies it.",
      { $0.optimized?.products }, { $0.synthesis?.products = $1 }),
  ]

  /// Attention priors alignment.
  private static let priorKeys: [RecipeKey] = [
    .flag(
      "images.attention-priors.on", "Whether attention is aligned with priors (APA).",
      { $0.sardfq?.attentionPriors.isOn }, { $0.synthesis?.attentionPriors.isOn = $1 }),
    RecipeKey(
      path: priors, form: .priors,
      help:
        "gaussian, laplace, or real:FOLDER (the attention to real images, not data-free; drawn by the "
        + "seed).",
      read: { recipe in
        recipe.sardfq.map { .text($0.attentionPriors.kind.text) }
      },
      write: { recipe, value in
        guard case .text(let text) = value else { return }
        recipe.synthesis?.attentionPriors.kind = AttentionPriorOptions.Kind(text: text)
      }),
    .integer(
      "images.attention-priors.components", 1...1000, "The most components of a mixture (K_APA).",
      { $0.sardfq?.attentionPriors.maximumComponents },
      { $0.synthesis?.attentionPriors.maximumComponents = $1 }),
    .number(
      "images.attention-priors.first-block", 0...1,
      "Blocks before this share of the depth are left out (S / L).",
      { $0.sardfq?.attentionPriors.firstBlockShare },
      { $0.synthesis?.attentionPriors.firstBlockShare = $1 }),
    .flag(
      "images.attention-priors.depth-weights", "Whether block l of L counts l / L.",
      { $0.sardfq?.attentionPriors.weighsByDepth },
      { $0.synthesis?.attentionPriors.weighsByDepth = $1 }),
    .automatic(
      "images.attention-priors.weight", 0...Double(Float.greatestFiniteMagnitude),
      "Weight of the term (α₁); auto goes by the model's width.",
      { recipe in
        recipe.sardfq.map { $0.attentionPriors.weight.map { Double("\($0)") ?? Double($0) } }
      },
      { $0.synthesis?.attentionPriors.weight = $1.map { Float($0) } }),
  ]

  /// Multi-semantic reinforcement.
  private static let partKeys: [RecipeKey] = [
    .flag(
      "images.parts.on", "Whether parts of an image have classes of their own (MSR).",
      { $0.sardfq?.semanticReinforcement.isOn }, { $0.synthesis?.semanticReinforcement.isOn = $1 }),
    .integer(
      "images.parts.maximum", 1...64, "The most parts of an image (K_MSR).",
      { $0.sardfq?.semanticReinforcement.maximumParts },
      { $0.synthesis?.semanticReinforcement.maximumParts = $1 }),
    .word(
      "images.parts.geometry", "What the parts are.",
      { $0.sardfq?.semanticReinforcement.geometry },
      { $0.synthesis?.semanticReinforcement.geometry = $1 }),
  ]

  /// Soft labels.
  private static let labelKeys: [RecipeKey] = [
    .flag(
      "images.soft-labels.on", "Whether labels are soft (SL); else they are one-hot.",
      { $0.sardfq?.softLabels.isOn }, { $0.synthesis?.softLabels.isOn = $1 }),
    .number(
      "images.soft-labels.lowest", 0...80, "The lowest score of a wanted class (ε₁).",
      { $0.sardfq?.softLabels.lowestScore }, { $0.synthesis?.softLabels.lowestScore = $1 }),
    .number(
      "images.soft-labels.highest", 0...80,
      "The highest score of a wanted class (ε₂); not below the lowest.",
      { $0.sardfq?.softLabels.highestScore }, { $0.synthesis?.softLabels.highestScore = $1 }),
  ]

  /// The student of PSAQ-ViT V2.
  private static let studentKeys: [RecipeKey] = [
    .integer(
      "images.student.weights", 2...8, "Bits of a weight of the student; the run's by default.",
      { $0.gamer?.student.weightBits }, { $0.synthesis?.student.weightBits = $1 }),
    .integer(
      "images.student.activations", 2...8,
      "Bits of an activation of the student; the run's by default.",
      { $0.gamer?.student.activationBits }, { $0.synthesis?.student.activationBits = $1 }),
    .integer(
      "images.student.image-steps", 1...1_000_000, "Steps of the images in a cycle.",
      { $0.gamer?.student.imageSteps }, { $0.synthesis?.student.imageSteps = $1 }),
    .integer(
      "images.student.steps", 0...1_000_000, "Steps of the student in a cycle.",
      { $0.gamer?.student.studentSteps }, { $0.synthesis?.student.studentSteps = $1 }),
    .number(
      "images.student.learning-rate", positive, "The learning rate of the student.",
      { $0.gamer?.student.learningRate }, { $0.synthesis?.student.learningRate = $1 }),
  ]
}

extension RunRecipe {
  /// The options of synthesis, unless the images are those of a folder.
  package var synthesis: SynthesisOptions? {
    get {
      guard case .synthesis(let options) = images else { return nil }
      return options
    }
    set {
      guard case .synthesis = images, let newValue else { return }
      images = .synthesis(newValue)
    }
  }

  /// The options of a method that optimises images.
  package var optimized: SynthesisOptions? {
    synthesis.flatMap { $0.method == .noise ? nil : $0 }
  }

  fileprivate var sardfq: SynthesisOptions? {
    synthesis.flatMap { $0.method == .sardfq ? $0 : nil }
  }

  fileprivate var gamer: SynthesisOptions? {
    synthesis.flatMap { $0.method == .psaqV2 ? $0 : nil }
  }
}

extension AttentionPriorOptions.Kind {
  private static let realPrefix = "real:"

  /// The kind as a recipe states it.
  var text: String {
    switch self {
    case .gaussianMixture: "gaussian"
    case .laplaceMixture: "laplace"
    case .real(let folder): Self.realPrefix + folder
    }
  }

  /// The kind of a text that ``RecipeForm/priors`` accepts.
  fileprivate init(text: String) {
    self =
      switch text {
      case "gaussian": .gaussianMixture
      case "laplace": .laplaceMixture
      default: .real(folder: String(text.dropFirst(Self.realPrefix.count)))
      }
  }

  /// Whether a text states a kind.
  static func isKind(_ text: String) -> Bool {
    text == "gaussian" || text == "laplace"
      || (text.hasPrefix(realPrefix) && text.count > realPrefix.count
        && text.unicodeScalars.allSatisfy {
          $0.value >= 0x20 && $0.value != 0x7F && $0 != "\"" && $0 != "\\"
        })
  }
}
