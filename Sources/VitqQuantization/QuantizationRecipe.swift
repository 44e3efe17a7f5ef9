/// How a model is quantized.
package struct QuantizationRecipe: Sendable, Equatable {
  /// How the codes of a weight row relate to its zero.
  package enum WeightCodes: String, Sendable, CaseIterable {
    /// Zero point 0: the fast form of the runtime.
    case symmetric
    /// A zero point for each output (method.md 1.1): smaller steps.
    case asymmetric
  }

  /// How attention probabilities are quantized.
  package enum AttentionCodes: String, Sendable, CaseIterable {
    /// Powers of 2 (SARDFQ, equation 2).
    case log2
    /// Powers of √2 (RepQ-ViT).
    case logSqrt2
    /// Equal steps; finer than either from 5 bits on.
    case uniform
  }

  /// 3 to 8.
  package var weightBits: Int
  /// 4 to 8.
  package var activationBits: Int
  /// Whether the patch embedding and the classifier have 8-bit weights and inputs.
  package var keepsEdgesAt8Bits = false
  package var weightCodes = WeightCodes.asymmetric
  package var attentionCodes: AttentionCodes
  /// The fractions of activations that candidate ranges cover (RepQ-ViT).
  package var percentiles = [0.999, 0.9999, 0.99999]
  /// Whether the channels that leave a layer normalisation are rescaled to one range
  /// (RepQ-ViT, scale reparameterization).
  package var rescalesNormalizedChannels: Bool
  /// Whether the bias of a linear layer takes up the mean error of its outputs.
  package var correctsBias: Bool
  /// Whether weights are first fitted to quantized inputs (``RidgeRegression``) and then rounded
  /// with regard to one another (``WeightRounding``).
  package var fitsWeights = true
  /// λ of the fit, in mean diagonals; below 1 it follows the calibration images too closely.
  package var fitStrength = 1.0
  /// What is added to the diagonal before rounding, in mean diagonals.
  package var roundingDamping = 0.1

  /// The recipe of the paper for the given bits: logarithmic attention up to 4 bits.
  package init(weightBits: Int, activationBits: Int) {
    self.weightBits = weightBits
    self.activationBits = activationBits
    attentionCodes = activationBits <= 4 ? .log2 : .uniform
    // With more bits one range suits all channels, and does not depend on how well the images
    // show the range of each.
    rescalesNormalizedChannels = activationBits <= 4
    // Logarithmic attention shifts means, which this takes back; with finer codes the fit of the
    // weights has done so already, and correcting twice follows the images too closely.
    correctsBias = activationBits <= 4
  }

  func validate() throws(QuantizationError) {
    guard (3...8).contains(weightBits) else {
      throw .unsupportedBits(role: "weights", expected: 3...8, found: weightBits)
    }
    guard (4...8).contains(activationBits) else {
      throw .unsupportedBits(role: "activations", expected: 4...8, found: activationBits)
    }
    guard !percentiles.isEmpty, percentiles.allSatisfy({ $0 > 0.5 && $0 <= 1 }) else {
      throw .unsupportedPercentiles(percentiles)
    }
  }
}
