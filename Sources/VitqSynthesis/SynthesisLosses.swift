/// The name of a term of an objective, in reports and errors.
package enum LossName: String, CaseIterable, Sendable {
  /// ``AttentionPriors``.
  case priors
  /// ``ClassLabel`` of the whole image.
  case labels
  /// The sum of the ``ClassLabel``s of its parts.
  case partLabels = "part labels"
  /// ``PatchSimilarity``.
  case similarity
  /// ``NeighbourContrast``.
  case contrast
  /// ``Disagreement``.
  case disagreement
  /// ``TotalVariation``.
  case totalVariation = "tv"
}

/// The terms of the objective of one image at one step.
package struct SynthesisLosses: Equatable, Sendable {
  package struct Term: Equatable, Sendable {
    package let name: LossName
    /// Before its weight.
    package let value: Double
    package let weight: Double
  }

  package private(set) var terms: [Term] = []

  package init() {}

  package mutating func add(_ name: LossName, _ value: Double, weight: Double = 1) {
    terms.append(Term(name: name, value: value, weight: weight))
  }

  /// The value of a term before its weight; `nil` if the method has no such term.
  package subscript(name: LossName) -> Double? { terms.first { $0.name == name }?.value }

  /// The weighted sum.
  package var total: Double { terms.reduce(0) { $0 + $1.weight * $1.value } }

  /// The first term that is infinite or not a number.
  package var firstNotFinite: LossName? { terms.first { !$0.value.isFinite }?.name }
}

/// How far one image is.
package struct SynthesisProgress: Equatable, Sendable {
  package let image: Int
  /// The number of steps taken.
  package let step: Int
  package let losses: SynthesisLosses

  package init(image: Int, step: Int, losses: SynthesisLosses) {
    (self.image, self.step, self.losses) = (image, step, losses)
  }
}
