/// How the weights of a model are adapted to its quantizers.
package enum Learner: String, Sendable, CaseIterable {
  /// Not at all: calibration and the rescaling of normalised channels alone (RepQ-ViT).
  case repq
  /// Block by block, by gradients, in two stages (SARDFQ, section 4.1; I&S-ViT's strategy).
  case sardfq
  /// In closed form: ridge regression on quantized inputs, then rounding by halves (ERQ).
  case erq
  /// In closed form: ridge regression towards a local target, then GPTQ.
  case gptq
  /// What `gptq` does, on a rotated model with codebooks.
  case best
}
