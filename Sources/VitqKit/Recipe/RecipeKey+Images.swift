package import VitqSynthesis

/// Keys of `images`.
extension RecipeKey {
  static let imageKeys: [RecipeKey] =
    [
      .word(
        method, "Where calibration images come from; folder is not data-free.",
        { ImageMethod($0.images) }, { _, _ in }),
      .integer(
        "images.count", 1...4096, "The number of images.",
        { $0.imageCount }, { $0.imageCount = $1 }),
      .integer(
        "images.steps", 1...1_000_000, "Optimisation steps for each image.",
        { $0.synthesis?.stepCount }, { $0.synthesis?.stepCount = $1 }),
      .number(
        "images.learning-rate", .leastNormalMagnitude...1000, "The largest learning rate of Adam.",
        { $0.synthesis?.learningRate }, { $0.synthesis?.learningRate = $1 }),
      RecipeKey(
        path: "images.attention-weight",
        form: .automatic(.number(0...Double(Float.greatestFiniteMagnitude))),
        help: "Weight of the attention-priors loss (α₁); auto goes by the model's width.",
        read: { recipe in
          recipe.synthesis.map { $0.attentionWeight.map { .number($0) } ?? .automatic }
        },
        write: { recipe, value in
          if case .number(let weight) = value {
            recipe.synthesis?.attentionWeight = Float(weight)
          } else {
            recipe.synthesis?.attentionWeight = nil
          }
        }),
      .flag(
        "images.jitter", "Whether an image is shifted at random before each step.",
        { $0.synthesis?.jitters }, { $0.synthesis?.jitters = $1 }),
    ] + SynthesisTerm.allCases.map(term)

  private static func term(_ term: SynthesisTerm) -> RecipeKey {
    .flag(
      "images.terms.\(term.rawValue)", "Whether the objective has this term.",
      { $0.synthesis?.terms.contains(term) },
      { recipe, isOn in
        if isOn {
          recipe.synthesis?.terms.insert(term)
        } else {
          recipe.synthesis?.terms.remove(term)
        }
      })
  }
}

extension RunRecipe {
  /// The options of synthesis, if the images are synthesised.
  package var synthesis: SynthesisOptions? {
    get {
      guard case .sardfq(let options) = images else { return nil }
      return options
    }
    set {
      guard case .sardfq = images, let newValue else { return }
      images = .sardfq(newValue)
    }
  }
}
