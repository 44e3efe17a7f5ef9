package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// The search for the clipping range of each row of a weight matrix, or of the whole matrix.
///
/// The range [α min, β max] with the smallest squared error wins, α and β on a grid that is
/// refined once around its best point; symmetric codes have α = β on the larger magnitude.
/// Finer than the percentile lists of the papers (method.md 3.1), and two-sided.
package struct WeightSearch: Sendable {
  package let bits: Int
  package let codes: QuantizationRecipe.WeightCodes
  package let scales: QuantizationRecipe.WeightScales

  package init(
    bits: Int, codes: QuantizationRecipe.WeightCodes,
    scales: QuantizationRecipe.WeightScales = .perChannel
  ) {
    self.bits = bits
    self.codes = codes
    self.scales = scales
  }

  private var minimumCode: Int { -(1 << (bits - 1)) }
  private var maximumCode: Int { (1 << (bits - 1)) - 1 }

  package struct Choice: Sendable {
    package var quantizers: [UniformQuantizer]
    package var squaredError: Double
  }

  /// One quantizer for each row, the same for all with one scale for the matrix, and their squared
  /// error together.
  package func choose(_ weight: Tensor, workers: Workers) -> Choice {
    let rowCount = weight.shape[0]
    guard scales == .perChannel else {
      let found = chooseRow(
        weight.elements, SquaredError(capacity: weight.shape.elementCount))
      return Choice(
        quantizers: Array(repeating: found.quantizer, count: rowCount),
        squaredError: found.error)
    }
    let width = weight.shape.width
    let rows = workers.map(rowCount) {
      SquaredError(capacity: width)
    } body: { squaredError, n in
      chooseRow(Array(weight.elements[n * width..<(n + 1) * width]), squaredError)
    }
    return Choice(
      quantizers: rows.map(\.quantizer), squaredError: rows.reduce(0) { $0 + $1.error })
  }

  private func chooseRow(
    _ row: [Float], _ squaredError: SquaredError
  ) -> (quantizer: UniformQuantizer, error: Double) {
    let low = min(row.min() ?? 0, 0)
    let high = max(row.max() ?? 0, 0)
    let tensor = Tensor([row.count], row)
    return tensor.withView { view in
      var best = (quantizer: quantizer(1, 1, low, high), error: Double.infinity)
      var centre: (Float, Float) = (1, 1)
      func attempt(_ alpha: Float, _ beta: Float) {
        guard alpha > 0, beta > 0, alpha <= 1, beta <= 1 else { return }
        let candidate = quantizer(alpha, beta, low, high)
        let error = squaredError(view, candidate)
        if error < best.error {
          best = (candidate, error)
          centre = (alpha, beta)
        }
      }
      search(around: (1, 1), spacing: 0.075, reach: -8...0, attempt)
      let coarse = centre
      search(around: coarse, spacing: 0.025, reach: -2...2, attempt)
      return best
    }
  }

  private func search(
    around centre: (Float, Float), spacing: Float, reach: ClosedRange<Int>,
    _ attempt: (Float, Float) -> Void
  ) {
    for i in reach.reversed() {
      let alpha = centre.0 + Float(i) * spacing
      guard codes == .asymmetric else {
        attempt(alpha, alpha)
        continue
      }
      for j in reach.reversed() { attempt(alpha, centre.1 + Float(j) * spacing) }
    }
  }

  private func quantizer(
    _ alpha: Float, _ beta: Float, _ low: Float, _ high: Float
  ) -> UniformQuantizer {
    let (step, zeroPoint): (Float, Int)
    switch codes {
    case .symmetric:
      // The positive end has one code less than the negative end.
      step = usable(alpha * max(-low, high) / (Float(maximumCode) + 0.5))
      zeroPoint = 0
    case .asymmetric:
      step = usable((beta * high - alpha * low) / Float(maximumCode - minimumCode))
      let exact = Float(minimumCode) - alpha * low / step
      zeroPoint = min(max(Int(exact.rounded(.toNearestOrEven)), minimumCode), maximumCode)
    }
    return UniformQuantizer(
      step: step, zeroPoint: zeroPoint, minimumCode: minimumCode, maximumCode: maximumCode)
  }

  private func usable(_ step: Float) -> Float { step >= 1e-30 ? step : 1 }
}
