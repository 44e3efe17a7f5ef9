package import VitqFormat
package import VitqTensor

/// A factor and a bias for each output of a quantized linear layer, by least squares (QwT-v2;
/// method.md 8.6).
///
///     α = cov(y, ŷ) / var(ŷ)      step ← α step      b = E[y] − α E[ŷ]
///
/// with y what the layer gives from its own inputs, ŷ what its codes give from quantized inputs.
package enum AffineCorrection {
  /// What an output may be scaled by; anything beyond is a fit to noise.
  private static let factors = 0.5...2.0

  /// α of each row; 1 for an output that is constant.
  package static func factors(
    weight: Tensor, rounded: Tensor, _ statistics: InputStatistics
  ) -> [Float] {
    let width = weight.shape.width
    return (0..<weight.shape[0]).map { n in
      let w = weight.elements[n * width..<(n + 1) * width].map(Double.init)
      let q = rounded.elements[n * width..<(n + 1) * width].map(Double.init)
      var covariance = 0.0
      var variance = 0.0
      for i in 0..<width {
        var crossSum = 0.0
        var gramSum = 0.0
        for j in 0..<width {
          crossSum += statistics.cross[i * width + j] * q[j]
          gramSum += statistics.gram[min(i, j), max(i, j)] * q[j]
        }
        covariance += w[i] * crossSum
        variance += q[i] * gramSum
      }
      guard variance > 0 else { return 1 }
      return Float(min(max(covariance / variance, factors.lowerBound), factors.upperBound))
    }
  }

  /// The quantizers with each step multiplied by its factor.
  package static func scaled(
    _ quantizers: [UniformQuantizer], by factors: [Float]
  ) -> [UniformQuantizer] {
    factors.enumerated().map { n, factor in
      var quantizer = quantizers.count == 1 ? quantizers[0] : quantizers[n]
      quantizer.step *= factor
      return quantizer
    }
  }

  /// The weight with each row multiplied by its factor.
  package static func scaled(_ weight: Tensor, by factors: [Float]) -> Tensor {
    let width = weight.shape.width
    return Tensor(
      weight.shape, weight.elements.enumerated().map { i, x in x * factors[i / width] })
  }
}
