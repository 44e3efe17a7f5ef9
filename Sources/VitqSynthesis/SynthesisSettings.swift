package import VitqImage
package import VitqTensor

/// What all images of a run have in common: the options as they come out for a model.
package struct SynthesisSettings: Sendable {
  package let model: SynthesisModel
  package let options: SynthesisOptions
  /// α₁ of SARDFQ.
  package let attentionWeight: Float
  /// The range of valid pixels of each channel.
  package let bounds: [ClosedRange<Float>]
  package let preprocessing: Preprocessing
  package let schedule: LearningRateSchedule
  package let rates: AdamRates
  package let movements: MovementSchedule
  /// What stands for SARDFQ's random priors, if anything does.
  package internal(set) var reference: ReferenceAttention?

  package init(
    _ model: SynthesisModel, _ options: SynthesisOptions, preprocessing: Preprocessing,
    reference: ReferenceAttention? = nil
  ) {
    self.model = model
    self.options = options
    self.preprocessing = preprocessing
    self.reference = reference
    attentionWeight =
      options.attentionPriors.weight
      ?? AttentionPriors.defaultWeight(
        width: model.width, mean: preprocessing.mean, isWindowed: model.isWindowed)
    bounds = zip(preprocessing.mean, preprocessing.standardDeviation).map {
      (-$0 / $1)...((1 - $0) / $1)
    }
    let rate = options.learningRate ?? options.defaultLearningRate(isWindowed: model.isWindowed)
    let (form, range, beta2): (LearningRateSchedule.Form, MovementSchedule.Range, Float)
    switch options.method {
    case .smiDense, .smiSparse:
      range = .eighth(height: model.imageShape[1], width: model.imageShape[2])
      (form, beta2) = (.constant, 0.99)
    default: (form, range, beta2) = (.twoRounds, .growing, 0.9)
    }
    schedule = LearningRateSchedule(base: rate, stepCount: options.stepCount, form)
    rates = AdamRates(rate: Float(rate), beta1: 0.5, beta2: beta2, epsilon: 1e-8)
    movements = MovementSchedule(options.augmentation, range)
  }

  /// How the image is moved before a step.
  package func movement(image: Int, step: Int) -> Jitter {
    guard options.augmentation != .none else { return .none }
    var random = ImageRandom(seed: options.seed, image: image, .jitter, step: step)
    return movements.movement(isSecondRound: schedule.isSecondRound(step), &random)
  }
}
