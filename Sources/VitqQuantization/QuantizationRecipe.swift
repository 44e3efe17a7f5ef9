package import VitqPasses

/// How a model is quantized.
package struct QuantizationRecipe: Sendable, Equatable {
  /// How the codes of a weight row relate to its zero.
  package enum WeightCodes: String, Sendable, CaseIterable {
    /// Zero point 0: the fast form of the runtime.
    case symmetric
    /// A zero point for each output (method.md 1.1): smaller steps.
    case asymmetric
  }

  /// What shares a step and a zero point.
  package enum WeightScales: String, Sendable, CaseIterable {
    /// The weights of one output.
    case perChannel = "per-channel"
    /// All weights of a layer.
    case perTensor = "per-tensor"
  }

  /// Where the levels of activations lie.
  ///
  /// Powers are heights above the smallest value; of attention probabilities, above 0.
  package enum ActivationCodes: String, Sendable, CaseIterable {
    /// Equal steps.
    case uniform
    /// Powers of 2 (SARDFQ, equation 2).
    case log2
    /// Powers of √2 (RepQ-ViT).
    case logSqrt2 = "log-sqrt2"
    /// Powers of a base that is searched for (AdaLog).
    case adalog
    /// Levels of least squared error among the codes of a finer grid.
    case codebook
  }

  /// Where the step and the zero point of what linear layers read come from.
  package enum ActivationScales: String, Sendable, CaseIterable {
    /// Chosen once, on the calibration images.
    case `static`
    /// Computed for each token as it comes; codes are uniform.
    ///
    /// Queries, keys, values and attention probabilities keep those of the calibration.
    case perToken = "per-token"
  }

  /// What a linear layer's outputs are corrected by once its weights have codes.
  package enum OutputFit: String, Sendable, CaseIterable {
    case none
    /// Their mean error, in the bias.
    case bias
    /// Scale and mean of each output by least squares (QwT-v2), in steps and bias.
    case affine
  }

  package var learner: Learner
  /// 3 to 8.
  package var weightBits: Int
  /// 3 to 8.
  package var activationBits: Int
  package var activationScales: ActivationScales
  /// Whether the patch embedding and the classifier have 8-bit weights and inputs.
  package var keepsEdgesAt8Bits = false
  package var weightCodes = WeightCodes.asymmetric
  package var weightScales = WeightScales.perChannel
  /// Attention probabilities.
  package var attentionCodes: ActivationCodes
  /// What GELU gives, before the second layer of an MLP; uniform with scales of each token.
  package var geluCodes: ActivationCodes
  /// Whether GELU reads 8-bit codes where it gives codes of at most 4 bits, so that a table of 256
  /// entries is all of it at run time; not with scales of each token.
  package var tabulatesGELU: Bool
  /// What layer normalisations give; uniform with scales of each token.
  package var normalizedCodes: ActivationCodes
  /// Queries and attention-weighted values; keys and values are uniform.
  package var headCodes: ActivationCodes
  /// The fractions of activations that candidate ranges cover (RepQ-ViT).
  package var percentiles = [0.999, 0.9999, 0.99999]
  /// The matrices that turn the residual stream.
  package var rotation: Rotation?
  /// Whether queries with keys, and values, are turned in each head too.
  package var rotatesHeads: Bool
  /// The rotations are drawn from it.
  package var seed: UInt64 = 0
  /// How many rotations are tried.
  ///
  /// The one with the least error of the answers on the calibration images is kept.
  package var rotationCandidates: Int
  /// How often the model is quantized: once for each rotation, once if nothing is turned.
  package var attemptCount: Int { rotation == nil && !rotatesHeads ? 1 : rotationCandidates }
  /// Whether the channels that leave the layer normalisations of a block are rescaled to one range
  /// (RepQ-ViT, scale reparameterization).
  ///
  /// With the learner `repq` those of patch merging too; never the ones before the classifier.
  package var rescalesNormalizedChannels: Bool
  /// Whether the mean of each channel that leaves a layer normalisation is moved to the next
  /// bias.
  package var centresNormalizedChannels: Bool
  /// What makes up for errors that rounding leaves.
  package var outputFit: OutputFit
  /// λ of the ridge regression, in mean diagonals.
  ///
  /// Below 1 it follows the calibration images too closely. Of `erq`, λ on the products of 32
  /// images.
  package var ridgeStrength: Double
  /// What GPTQ adds to the diagonal, in mean diagonals.
  package var roundingDamping = 0.1
  /// What GPTQ multiplies the steps of a row by, to keep the factor of least error; not with one
  /// scale for a layer.
  package var stepFactors = [1, 0.95, 0.9, 0.85, 0.8, 1.05]
  /// Adam's first step size in `sardfq`; it falls to 0 along a cosine.
  package var learningRate = 4e-5
  /// Steps of `sardfq` for each block and stage.
  package var iterations = 100
  /// The last one that matches a layer counts.
  package var overrides: [LayerOverride] = []

  /// The strongest recipe for the given bits.
  package init(weightBits: Int, activationBits: Int) {
    self.init(learner: .best, weightBits: weightBits, activationBits: activationBits)
  }

  /// What goes with a learner: the choices of its paper, or for `best` those that lose least.
  ///
  /// Codes that `activationScales` asks for go before them.
  package init(
    learner: Learner, weightBits: Int, activationBits: Int,
    activationScales: ActivationScales = .static
  ) {
    self.learner = learner
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.activationScales = activationScales
    let isCoarse = activationBits <= 4
    // With 128 levels and more, equal steps lose nothing.
    let usesCodebooks = learner == .best && activationBits <= 6
    // What each token has a step for has equal steps.
    let isStatic = activationScales == .static
    geluCodes = usesCodebooks && isStatic ? .codebook : .uniform
    tabulatesGELU = usesCodebooks && isStatic
    // From 5 bits on, equal steps are as good here.
    headCodes = usesCodebooks && isCoarse ? .codebook : .uniform
    normalizedCodes = isStatic ? headCodes : .uniform
    switch learner {
    case .best: attentionCodes = usesCodebooks ? .codebook : .uniform
    // The paper's choice for 8-bit activations (supplement).
    case .sardfq: attentionCodes = activationBits < 8 ? .log2 : .uniform
    case .repq, .erq: attentionCodes = activationBits < 8 ? .logSqrt2 : .uniform
    case .gptq: attentionCodes = isCoarse ? .log2 : .uniform
    }
    rotation = learner == .best ? .random : nil
    rotatesHeads = learner == .best
    rotationCandidates = 1
    switch learner {
    case .best: rescalesNormalizedChannels = false
    case .sardfq, .repq, .erq: rescalesNormalizedChannels = true
    // With more bits one range suits all channels, and does not depend on how well the images
    // show the range of each.
    case .gptq: rescalesNormalizedChannels = isCoarse
    }
    centresNormalizedChannels = learner == .best
    switch learner {
    case .best: outputFit = .bias
    case .repq, .sardfq, .erq: outputFit = .none
    // Logarithmic attention shifts means, which this takes back; with finer codes it changes
    // answers by no more than chance does.
    case .gptq: outputFit = isCoarse ? .bias : .none
    }
    ridgeStrength = learner == .erq ? 2000 : 1
  }

  /// Checks that the settings are in range and go together.
  package func validate() throws(QuantizationError) {
    try Self.validate(bits: weightBits, of: "weights")
    try Self.validate(bits: activationBits, of: "activations")
    for override in overrides {
      if let bits = override.weightBits { try Self.validate(bits: bits, of: "weights") }
      if let bits = override.activationBits { try Self.validate(bits: bits, of: "activations") }
    }
    guard !percentiles.isEmpty, percentiles.allSatisfy({ $0 > 0.5 && $0 <= 1 }) else {
      throw .unsupportedPercentiles(percentiles)
    }
    guard outputFit != .affine || weightScales == .perChannel else {
      throw .affineFitOfOneScale
    }
    try Self.validate("ridge strength", ridgeStrength, isUsable: ridgeStrength > 0)
    try Self.validate("rounding damping", roundingDamping, isUsable: roundingDamping > 0)
    try Self.validate(
      "step factors", stepFactors.min() ?? 0, isUsable: (stepFactors.min() ?? 0) > 0)
    try Self.validate("learning rate", learningRate, isUsable: learningRate > 0)
    try Self.validate("iterations", Double(iterations), isUsable: iterations > 0)
    try Self.validate(
      "rotation candidates", Double(rotationCandidates), isUsable: rotationCandidates > 0)
  }

  private static func validate(bits: Int, of role: String) throws(QuantizationError) {
    guard (3...8).contains(bits) else {
      throw .unsupportedBits(role: role, expected: 3...8, found: bits)
    }
  }

  private static func validate(
    _ name: String, _ value: Double, isUsable: Bool
  ) throws(QuantizationError) {
    guard isUsable, value.isFinite else { throw .unusableNumber(name: name, found: value) }
  }
}
