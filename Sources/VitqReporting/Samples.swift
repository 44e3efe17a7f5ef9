/// Repeated measurements of one quantity.
package struct Samples: Sendable, Equatable {
  /// In ascending order.
  package let sorted: [Double]

  package init(_ values: [Double]) {
    precondition(!values.isEmpty, "statistics of nothing")
    sorted = values.sorted()
  }

  package var minimum: Double { sorted[0] }
  package var median: Double { quantile(0.5) }
  package var percentile90: Double { quantile(0.9) }

  /// The value below which a fraction of the samples lies, interpolated linearly.
  package func quantile(_ fraction: Double) -> Double {
    let position = fraction * Double(sorted.count - 1)
    let lower = Int(position.rounded(.down))
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
  }
}
