package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// The search for the value of code 0 of a logarithmic quantizer of attention probabilities.
///
/// Candidates are the quantiles of p at a list of fractions; the squared error of p decides
/// (method.md 3.1).
package struct AttentionSearch: Sendable {
  /// Codes per octave: 1 for base 2, 2 for base √2.
  package let stepsPerOctave: Int
  /// At most 4.
  package let bits: Int
  package let percentiles: [Double]

  package init(stepsPerOctave: Int, bits: Int, percentiles: [Double]) {
    self.stepsPerOctave = stepsPerOctave
    self.bits = bits
    self.percentiles = percentiles
  }

  /// The quantizer and its squared error, given log2 p and p on each image.
  package func choose(
    logarithms: [Tensor], probabilities: [Tensor], workers: Workers
  ) -> (quantizer: LogQuantizer, squaredError: Double) {
    let quantiles = OrderStatistics(probabilities.map(\.elements)).quantiles(percentiles)
    let candidates = quantiles.map {
      LogQuantizer(
        largest: min(max($0, 1e-4), 1), stepsPerOctave: stepsPerOctave, bits: bits)
    }
    let capacity = logarithms.map(\.shape.elementCount).max() ?? 0
    let errors = workers.map(logarithms.count) {
      SquaredError(capacity: capacity)
    } body: { squaredError, i in
      logarithms[i].withView { e in
        probabilities[i].withView { p in
          candidates.map { squaredError(logarithms: e, values: p, $0) }
        }
      }
    }
    var best = (quantizer: candidates[0], squaredError: Double.infinity)
    for (i, candidate) in candidates.enumerated() {
      let error = errors.reduce(0) { $0 + $1[i] }
      if error < best.squaredError { best = (candidate, error) }
    }
    return best
  }
}
