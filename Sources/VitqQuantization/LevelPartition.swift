/// The levels of least squared error for numbers that are known by a histogram: what Lloyd's
/// algorithm (doi:10.1109/TIT.1982.1056489) approaches, found exactly.
///
/// Each level serves a run of neighbouring bins. The best division of the first j bins into k runs
/// is the best division of some first i bins into k − 1 runs and one run more (doi:10.1214/aoms/
/// 1177706627).
struct LevelPartition {
  /// Bins in the order of their numbers.
  private let bins: LevelBins
  private let levelOfMean: (Double) -> Double

  /// A run of bins and the level that serves it.
  struct Run: Equatable {
    var bins: Range<Int>
    var level: Double
  }

  /// - Parameters:
  ///   - bins: Of the numbers.
  ///   - levelOfMean: The usable level nearest to a mean.
  init(_ bins: LevelBins, levelOfMean: @escaping (Double) -> Double) {
    self.bins = bins
    self.levelOfMean = levelOfMean
  }

  /// At most `count` runs; empty bins belong to a neighbour's run.
  func runs(_ count: Int) -> [Run] {
    let size = bins.count
    var errors = (0...size).map { $0 == 0 ? 0 : Double.infinity }
    var firsts: [[Int]] = []
    var costs = Array(repeating: 0.0, count: size * (size + 1))
    for first in 0..<size {
      for end in first + 1...size { costs[first * (size + 1) + end] = cost(first..<end) }
    }
    for _ in 0..<count {
      var next = errors
      var first = Array(0...size)
      for end in 1...size {
        for start in 0..<end {
          let error = errors[start] + costs[start * (size + 1) + end]
          if error < next[end] {
            next[end] = error
            first[end] = start
          }
        }
      }
      errors = next
      firsts.append(first)
    }
    var runs: [Run] = []
    var end = size
    for first in firsts.reversed() where first[end] < end {
      let run = first[end]..<end
      if bins.counts(run) > 0 { runs.append(Run(bins: run, level: level(run))) }
      end = first[end]
    }
    return runs.reversed()
  }

  private func level(_ run: Range<Int>) -> Double {
    levelOfMean(bins.sums(run) / max(bins.counts(run), 1))
  }

  private func cost(_ run: Range<Int>) -> Double {
    bins.counts(run) > 0 ? bins.squaredError(run, level: level(run)) : 0
  }
}

/// Counts, sums and sums of squares of numbers in bins, with any run of bins summed at once.
struct LevelBins {
  /// Sums over the bins before each.
  private var before: [(count: Double, sum: Double, square: Double)] = [(0, 0, 0)]

  var count: Int { before.count - 1 }

  init(counts: [Double], sums: [Double], squares: [Double]) {
    for (i, count) in counts.enumerated() {
      let last = before[i]
      before.append((last.count + count, last.sum + sums[i], last.square + squares[i]))
    }
  }

  /// Bins whose numbers are all equal to their index.
  init(histogram: [Int]) {
    let counts = histogram.map(Double.init)
    self.init(
      counts: counts, sums: counts.enumerated().map { Double($0) * $1 },
      squares: counts.enumerated().map { Double($0) * Double($0) * $1 })
  }

  func counts(_ run: Range<Int>) -> Double {
    before[run.upperBound].count - before[run.lowerBound].count
  }

  func sums(_ run: Range<Int>) -> Double {
    before[run.upperBound].sum - before[run.lowerBound].sum
  }

  /// Σ (x − level)² over a run.
  func squaredError(_ run: Range<Int>, level: Double) -> Double {
    let square = before[run.upperBound].square - before[run.lowerBound].square
    return max(square - 2 * level * sums(run) + level * level * counts(run), 0)
  }
}
