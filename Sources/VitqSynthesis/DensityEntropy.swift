#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
package import VitqTensor

/// The differential entropy of numbers, by a kernel density estimate at a few points.
///
/// PSAQ-ViT, equation 4, as its code computes it, with t_k at equal distances from the smallest
/// to the largest number, ends included, and the trapezoid rule's weights w_k:
///
///     f_k = 1/M Σ_m N(t_k; s_m, h²)      E = −Σ_k w_k (f_k + 10⁻⁴) ln(f_k + 10⁻⁴)
package struct DensityEntropy {
  package static let pointCount = 10
  private static let floor = 1e-4

  /// h.
  private let bandwidth: Float
  /// t_k.
  private let points: [Float]
  /// ∂E/∂(Σ_m exp(−(t_k − s_m)² / 2h²)) / h².
  private let slopes: [Float]
  /// E, 0 if all numbers are equal.
  package let entropy: Double

  /// An estimate.
  ///
  /// - Parameters:
  ///   - numbers: s, finite.
  ///   - ends: The smallest and the largest t_k, which are not differentiated.
  ///   - bandwidth: h.
  package init(of numbers: TensorView, over ends: ClosedRange<Float>, bandwidth: Float = 0.01) {
    self.bandwidth = bandwidth
    let spacing = (ends.upperBound - ends.lowerBound) / Float(Self.pointCount - 1)
    guard spacing > 0, spacing.isFinite, numbers.shape.elementCount > 0 else {
      (points, slopes, entropy) = ([], [], 0)
      return
    }
    points = (0..<Self.pointCount).map { ends.lowerBound + Float($0) * spacing }
    let h = Double(bandwidth)
    let scale = 1 / (Double(numbers.shape.elementCount) * h * (2 * Double.pi).squareRoot())
    var (entropy, slopes) = (0.0, [Float]())
    for (k, point) in points.enumerated() {
      let isEnd = k == 0 || k == Self.pointCount - 1
      let width = Double(spacing) * (isEnd ? 0.5 : 1)
      let sum = VectorKernels.current.density(of: numbers, at: point, bandwidth: bandwidth)
      let density = sum * scale + Self.floor
      entropy -= width * density * log(density)
      slopes.append(Float(width * (-log(density) - 1) * scale / (h * h)))
    }
    (self.entropy, self.slopes) = (entropy, slopes)
  }

  /// factor ∂E/∂number for each of `numbers`.
  package func slopes(
    _ numbers: TensorView, scale factor: Float = 1, into target: MutableTensorView
  ) {
    if points.isEmpty { target.fill(0) }
    for (k, point) in points.enumerated() {
      VectorKernels.current.densitySlope(
        of: numbers, at: point, bandwidth: bandwidth, slope: factor * slopes[k], into: target,
        accumulates: k > 0)
    }
  }
}
