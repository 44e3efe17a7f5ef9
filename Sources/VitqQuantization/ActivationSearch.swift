package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// The percentile search of RepQ-ViT for one quantizer of a whole value (method.md 3.1).
///
/// For each fraction f of a list, the range from quantile 1 − f to quantile f, widened to
/// include 0, gives a step and a zero point; the one with the smallest squared error wins, the
/// first of equals.
///
/// - Note: The reference code does not include 0 in the range and leaves the zero point outside
///   the codes; that differs only for values of one sign.
package struct ActivationSearch: Sendable {
  package let bits: Int
  package let percentiles: [Double]
  /// Whether the codes stand around the middle one: 8-bit keys and values.
  package let isCentred: Bool

  package init(bits: Int, percentiles: [Double], isCentred: Bool = false) {
    self.bits = bits
    self.percentiles = percentiles
    self.isCentred = isCentred
  }

  /// What was found.
  package struct Choice: Sendable {
    package var quantizer: UniformQuantizer
    package var squaredError: Double
  }

  /// The quantizer of a value, given the value on each image.
  ///
  /// The result does not depend on the number of workers.
  package func choose(_ values: [Tensor], workers: Workers) -> Choice {
    let candidates = candidates(values.map(\.elements))
    let capacity = values.map(\.shape.elementCount).max() ?? 0
    let errors = workers.map(values.count) {
      SquaredError(capacity: capacity)
    } body: { squaredError, i in
      values[i].withView { view in candidates.map { squaredError(view, $0) } }
    }
    return best(candidates, errors)
  }

  /// The same for numbers in one piece, on the calling thread.
  package func choose(_ values: Tensor, _ squaredError: SquaredError) -> Choice {
    let candidates = candidates([values.elements])
    return best(candidates, [values.withView { view in candidates.map { squaredError(view, $0) } }])
  }

  private func candidates(_ parts: [[Float]]) -> [UniformQuantizer] {
    let statistics = OrderStatistics(parts)
    let quantiles = statistics.quantiles(percentiles.flatMap { [1 - $0, $0] })
    return percentiles.indices.map { i in
      quantizer(from: min(quantiles[2 * i], 0), to: max(quantiles[2 * i + 1], 0))
    }
  }

  /// The quantizer of a range that includes 0; step 1 for the range of 0 alone.
  func quantizer(from low: Float, to high: Float) -> UniformQuantizer {
    let maximumCode = (1 << bits) - 1
    if isCentred {
      let zeroPoint = 1 << (bits - 1)
      let magnitude = max(-low, high)
      let step = positiveStep(magnitude / Float(zeroPoint - 1))
      return UniformQuantizer(
        step: step, zeroPoint: zeroPoint, minimumCode: 0, maximumCode: maximumCode)
    }
    let step = positiveStep((high - low) / Float(maximumCode))
    let zeroPoint = Int((-low / step).rounded(.toNearestOrEven))
    return UniformQuantizer(
      step: step, zeroPoint: min(max(zeroPoint, 0), maximumCode), minimumCode: 0,
      maximumCode: maximumCode)
  }

  private func best(_ candidates: [UniformQuantizer], _ errors: [[Double]]) -> Choice {
    var best = Choice(quantizer: candidates[0], squaredError: .infinity)
    for (i, candidate) in candidates.enumerated() {
      let error = errors.reduce(0) { $0 + $1[i] }
      if error < best.squaredError { best = Choice(quantizer: candidate, squaredError: error) }
    }
    return best
  }
}

/// A step that is a usable divisor.
private func positiveStep(_ step: Float) -> Float { step >= 1e-30 ? step : 1 }
