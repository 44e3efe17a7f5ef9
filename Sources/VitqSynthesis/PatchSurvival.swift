/// Which patches of an image SMI keeps, and when it drops others.
///
/// SMI drops 30 % of the remaining patches at the steps 50, 100, 200 and 300 of 4000, those that
/// the class token attends to least in the last block in the step before, which is taken without
/// augmentation; of another number of steps the same shares.
package struct PatchSurvival: Equatable, Sendable {
  private static let shares = [50, 100, 200, 300]
  private static let stepsOfShares = 4000
  package static let keptShare = 0.7

  private let rows: Int
  private let columns: Int
  /// Ascending.
  package private(set) var patches: [Int]

  package init(rows: Int, columns: Int, patches: [Int]? = nil) {
    self.rows = rows
    self.columns = columns
    self.patches = patches ?? Array(0..<(rows * columns))
  }

  /// Whether a step, from 0, is followed by a drop.
  package static func isFollowedByDrop(_ step: Int, of stepCount: Int) -> Bool {
    shares.contains { $0 * stepCount / stepsOfShares == step + 1 }
  }

  /// The number of patches after each drop, the number before the first included.
  package static func counts(of patchCount: Int) -> [Int] {
    var counts = [patchCount]
    for _ in shares { counts.append(max(Int(Double(counts[counts.count - 1]) * keptShare), 1)) }
    return counts
  }

  /// The patches of the final image: of all tokens the share that four drops leave.
  package static func finalCount(tokens: Int, of patchCount: Int) -> Int {
    let share = shares.reduce(1.0) { share, _ in share * keptShare }
    return min(max(Int(Double(tokens) * share), 1), patchCount)
  }

  /// Drops the patches with the smallest of `scores`, which are those of ``patches``, so that
  /// `count` remain; of equal ones the later.
  package mutating func drop(toCount count: Int, scores: [Float]) {
    let order = scores.indices.sorted {
      scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1]
    }
    patches = order.prefix(count).map { patches[$0] }.sorted()
  }

  /// Where the kept patches are after a movement by whole patches, ascending.
  package func moved(_ movement: Jitter) -> [Int] {
    let kept = Set(patches)
    return (0..<(rows * columns)).filter {
      let source = movement.source(
        row: $0 / columns, column: $0 % columns, rows: rows, columns: columns)
      return kept.contains(source.row * columns + source.column)
    }
  }
}
