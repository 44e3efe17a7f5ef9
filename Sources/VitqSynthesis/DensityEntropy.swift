#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The differential entropy of numbers, by a kernel density estimate at a few points.
///
/// PSAQ-ViT, equation 4, as its code computes it, with t_k at equal distances from the smallest
/// to the largest number, ends included, and the trapezoid rule's weights w_k:
///
///     f_k = 1/M Σ_m N(t_k; s_m, h²)      E = −Σ_k w_k (f_k + 10⁻⁴) ln(f_k + 10⁻⁴)
///
/// A number is added to the points within 6 h of it: beyond that the normal density is less than
/// 2·10⁻⁸ of its peak, the rounding of the largest. Of M numbers only a few times M terms are then
/// evaluated, which makes the exact sum as cheap as a histogram.
package struct DensityEntropy {
  package static let pointCount = 10
  private static let floor = 1e-4
  private static let reach: Float = 6

  /// h.
  private let bandwidth: Float
  private let lowest: Float
  private let spacing: Float
  private var sums = Array(repeating: 0.0, count: pointCount)
  private var count = 0.0
  /// ∂E/∂(Σ_m exp(−(t_k − s_m)² / 2h²)) / h².
  private var slopes = Array(repeating: Float(0), count: pointCount)

  /// An estimate between two numbers, which are not differentiated.
  package init(from lowest: Float, to highest: Float, bandwidth: Float = 0.01) {
    self.bandwidth = bandwidth
    self.lowest = lowest
    spacing = (highest - lowest) / Float(Self.pointCount - 1)
  }

  /// Adds a number that occurs `multiplicity` times.
  package mutating func add(_ number: Float, multiplicity: Double) {
    count += multiplicity
    for k in points(near: number) {
      sums[k] += multiplicity * Double(kernel(distance(number, k)))
    }
  }

  /// E of the numbers that were added, 0 if all are equal.
  ///
  /// ``slope(_:)`` is of the last call.
  package mutating func entropy() -> Double {
    guard spacing > 0, count > 0 else { return 0 }
    let h = Double(bandwidth)
    let scale = 1 / (count * h * (2 * Double.pi).squareRoot())
    var entropy = 0.0
    for k in sums.indices {
      let isEnd = k == 0 || k == Self.pointCount - 1
      let width = Double(spacing) * (isEnd ? 0.5 : 1)
      let density = sums[k] * scale + Self.floor
      entropy -= width * density * log(density)
      slopes[k] = Float(width * (-log(density) - 1) * scale / (h * h))
    }
    return entropy
  }

  /// ∂E/∂number of one occurrence.
  package func slope(_ number: Float) -> Float {
    var slope: Float = 0
    for k in points(near: number) {
      let distance = distance(number, k)
      slope += slopes[k] * kernel(distance) * distance
    }
    return slope
  }

  private func distance(_ number: Float, _ k: Int) -> Float {
    lowest + Float(k) * spacing - number
  }

  private func kernel(_ distance: Float) -> Float {
    let z = distance / bandwidth
    return expf(-0.5 * z * z)
  }

  private func points(near number: Float) -> Range<Int> {
    guard spacing > 0, spacing.isFinite, number.isFinite else { return 0..<0 }
    let (center, reach) = ((number - lowest) / spacing, Self.reach * bandwidth / spacing)
    let end = Float(Self.pointCount - 1)
    let first = Int(max(center - reach, 0).rounded(.up))
    let last = Int(min(center + reach, end).rounded(.down))
    return first..<max(last + 1, first)
  }
}
