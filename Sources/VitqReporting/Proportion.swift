/// A count out of a total, such as correct answers, with its uncertainty.
package struct Proportion: Sendable, Equatable {
  package let count: Int
  package let total: Int

  package init(_ count: Int, of total: Int) {
    precondition(total > 0 && (0...total).contains(count), "\(count) of \(total)")
    self.count = count
    self.total = total
  }

  package var fraction: Double { Double(count) / Double(total) }

  /// The 95 % confidence interval by Wilson (1927), "Probable inference", equation for the score.
  package var interval: ClosedRange<Double> {
    let (n, z) = (Double(total), 1.959963984540054)
    let centre = (fraction + z * z / (2 * n)) / (1 + z * z / n)
    let variance = fraction * (1 - fraction) / n + z * z / (4 * n * n)
    let half = z / (1 + z * z / n) * variance.squareRoot()
    return max(centre - half, 0)...min(centre + half, 1)
  }

  /// Such as `79.20 % (75.43–82.53), 396 of 500`.
  package var description: String {
    let (low, high) = (interval.lowerBound, interval.upperBound)
    return "\(Figures.percent(fraction)) % (\(Figures.percent(low))–\(Figures.percent(high))), "
      + "\(count) of \(total)"
  }
}
