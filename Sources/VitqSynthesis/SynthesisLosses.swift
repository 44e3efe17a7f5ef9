/// The terms of the objective of one image at one step, before their weights.
package struct SynthesisLosses: Equatable, Sendable {
  /// ``AttentionPriors``.
  package var attentionPriors = 0.0
  /// Cross-entropy of the whole image.
  package var image = 0.0
  /// The sum of the cross-entropies of its parts.
  package var parts = 0.0
  /// ``TotalVariation``.
  package var totalVariation = 0.0
  /// The weighted sum, SARDFQ's equation 13 and the parts' labels.
  package var total = 0.0
}

/// How far one image is.
package struct SynthesisProgress: Equatable, Sendable {
  package let image: Int
  /// The number of steps taken.
  package let step: Int
  package let losses: SynthesisLosses
}
