/// A term of the objective that can be left out, to see what it does.
package enum SynthesisTerm: String, CaseIterable, Sendable {
  /// ``AttentionPriors``.
  case attentionPriors = "attention-priors"
  /// ``SemanticReinforcement``; without it an image has one class and no part is trained.
  case semanticReinforcement = "semantic-reinforcement"
  /// ``SoftLabels``; without it the labels are one-hot.
  case softLabels = "soft-labels"
  /// ``TotalVariation``.
  case totalVariation = "total-variation"
}

/// What to synthesise; everything that a result depends on beside the model.
package struct SynthesisOptions: Equatable, Sendable {
  /// The number of images; the paper's is 32.
  package var imageCount = 32
  /// The optimisation steps of each image; the paper's is 1000.
  package var stepCount = 1000
  package var seed: UInt64 = 0
  /// α₁; ``AttentionPriors/defaultWeight(width:mean:)`` if `nil`.
  package var attentionWeight: Float?
  /// The largest learning rate: 0.2, and 0.25 for Swin.
  package var learningRate = 0.2
  package var terms = Set(SynthesisTerm.allCases)
  /// Whether an image is shifted at random before each step.
  package var jitters = true
  /// After how many steps an image is put down in the journal.
  package var checkpointInterval = 100

  package init() {}
}
