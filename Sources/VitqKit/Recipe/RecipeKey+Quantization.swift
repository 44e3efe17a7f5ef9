import VitqPasses
import VitqQuantization

/// Keys of `quantization`.
extension RecipeKey {
  private typealias Recipe = QuantizationRecipe

  static let quantizationKeys: [RecipeKey] = [
    .word(
      learner, "How weights are adapted; sets the defaults of most keys below.",
      { $0.quantization.learner }, { $0.quantization.learner = $1 }),
    .integer(
      weightBits, 3...8, "Bits of a weight.",
      { $0.quantization.weightBits }, { $0.quantization.weightBits = $1 }),
    .word(
      "quantization.weights.codes", "Whether the codes of a weight row have a zero point.",
      { $0.quantization.weightCodes }, { $0.quantization.weightCodes = $1 }),
    .word(
      "quantization.weights.scales", "Whether each output has a step or the whole layer.",
      { $0.quantization.weightScales }, { $0.quantization.weightScales = $1 }),
    .integer(
      activationBits, 3...8, "Bits of an activation.",
      { $0.quantization.activationBits }, { $0.quantization.activationBits = $1 }),
    .word(
      activationScales, "Steps of what layers read: chosen once, or by each token (uniform codes).",
      { $0.quantization.activationScales }, { $0.quantization.activationScales = $1 }),
    .word(
      "quantization.activations.gelu", "Codes of what GELU gives.",
      { $0.quantization.geluCodes }, { $0.quantization.geluCodes = $1 }),
    .flag(
      "quantization.activations.tabulated-gelu",
      "Whether GELU before codes of at most 4 bits reads 8-bit codes, and so is a table.",
      { $0.quantization.tabulatesGELU }, { $0.quantization.tabulatesGELU = $1 }),
    .word(
      "quantization.activations.normalized", "Codes of what layer normalisations give.",
      { $0.quantization.normalizedCodes }, { $0.quantization.normalizedCodes = $1 }),
    .word(
      "quantization.activations.heads",
      "Codes of queries and of what attention gives; keys and values have equal steps.",
      { $0.quantization.headCodes }, { $0.quantization.headCodes = $1 }),
    .word(
      "quantization.activations.attention",
      "Codes of attention probabilities.",
      { $0.quantization.attentionCodes }, { $0.quantization.attentionCodes = $1 }),
    RecipeKey(
      path: "quantization.activations.percentiles", form: .numbers(0.501...1),
      help: "Fractions of activations that candidate ranges cover.",
      read: { .numbers($0.quantization.percentiles) },
      write: { if case .numbers(let values) = $1 { $0.quantization.percentiles = values } }),
    .flag(
      "quantization.edges-at-8-bits", "Whether patch embedding and classifier stay at 8 bits.",
      { $0.quantization.keepsEdgesAt8Bits }, { $0.quantization.keepsEdgesAt8Bits = $1 }),
    .word(
      "quantization.rotation.stream", "The matrices that turn the residual stream.",
      { RotationChoice($0.quantization.rotation) }, { $0.quantization.rotation = $1.rotation }),
    .flag(
      "quantization.rotation.heads", "Whether queries with keys, and values, are turned.",
      { $0.quantization.rotatesHeads }, { $0.quantization.rotatesHeads = $1 }),
    .integer(
      "quantization.rotation.candidates", 1...1000, "How many rotations are tried.",
      { $0.quantization.rotationCandidates }, { $0.quantization.rotationCandidates = $1 }),
    .flag(
      "quantization.rescale-normalized", "Whether normalised channels of blocks get one range.",
      { $0.quantization.rescalesNormalizedChannels },
      { $0.quantization.rescalesNormalizedChannels = $1 }),
    .flag(
      "quantization.centre-normalized", "Whether means of normalised channels move to a bias.",
      { $0.quantization.centresNormalizedChannels },
      { $0.quantization.centresNormalizedChannels = $1 }),
    .word(
      "quantization.output-fit", "What makes up for errors that rounding leaves.",
      { $0.quantization.outputFit }, { $0.quantization.outputFit = $1 }),
    .number(
      "quantization.ridge-strength", positive,
      "λ of ridge regression, in mean diagonals; of erq, as it is.",
      { $0.quantization.ridgeStrength }, { $0.quantization.ridgeStrength = $1 }),
    .number(
      "quantization.rounding-damping", positive, "What GPTQ adds, in mean diagonals.",
      { $0.quantization.roundingDamping }, { $0.quantization.roundingDamping = $1 }),
    RecipeKey(
      path: "quantization.step-factors", form: .numbers(0.1...2),
      help: "Factors of the steps of weights that rounding chooses from.",
      read: { .numbers($0.quantization.stepFactors) },
      write: { if case .numbers(let values) = $1 { $0.quantization.stepFactors = values } }),
    .number(
      "quantization.learning-rate", positive, "Adam's first step size in the learner sardfq.",
      { $0.quantization.learningRate }, { $0.quantization.learningRate = $1 }),
    .integer(
      "quantization.iterations", 1...1_000_000, "Steps of sardfq for each block and stage.",
      { $0.quantization.iterations }, { $0.quantization.iterations = $1 }),
    RecipeKey(
      path: "quantization.overrides", form: .overrides,
      help: "Other quantizers for layers by glob; the last match counts.",
      read: { .overrides($0.quantization.overrides) },
      write: { if case .overrides(let values) = $1 { $0.quantization.overrides = values } }),
  ]

  /// The keys whose codes are uniform where each token has scales of its own, and what other codes a
  /// recipe has.
  static let uniformPerToken:
    [(path: String, otherCodes: @Sendable (QuantizationRecipe) -> String?)] = [
      ("quantization.activations.gelu", { $0.geluCodes.other }),
      ("quantization.activations.normalized", { $0.normalizedCodes.other }),
      (
        "quantization.overrides",
        { $0.overrides.lazy.compactMap { $0.activationCodes?.other }.first }
      ),
    ]

  private static let positive = Double.leastNormalMagnitude...1e9
}

extension QuantizationRecipe.ActivationCodes {
  /// The name of codes that are not uniform.
  fileprivate var other: String? { self == .uniform ? nil : rawValue }
}

/// `none`, or a way to draw rotations.
private enum RotationChoice: RawRepresentable, CaseIterable, Sendable {
  case none
  case some(Rotation)

  static let allCases: [RotationChoice] = [.none] + Rotation.allCases.map { .some($0) }

  init(_ rotation: Rotation?) { self = rotation.map { .some($0) } ?? .none }

  init?(rawValue: String) {
    if rawValue == "none" {
      self = .none
    } else if let rotation = Rotation(rawValue: rawValue) {
      self = .some(rotation)
    } else {
      return nil
    }
  }

  var rawValue: String { rotation?.rawValue ?? "none" }

  var rotation: Rotation? {
    if case .some(let rotation) = self { rotation } else { nil }
  }
}
