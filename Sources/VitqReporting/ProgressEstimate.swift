/// How far a long task is and when it should end.
package struct ProgressEstimate: Sendable, Equatable {
  package let completed: Int
  package let total: Int
  /// Units that were complete when this process started, as after a resume.
  package let resumed: Int
  package let elapsedSeconds: Double

  package init(completed: Int, total: Int, resumed: Int = 0, elapsedSeconds: Double) {
    self.completed = completed
    self.total = total
    self.resumed = resumed
    self.elapsedSeconds = elapsedSeconds
  }

  package var fraction: Double { total > 0 ? Double(completed) / Double(total) : 1 }

  /// Seconds left at the speed so far; `nil` below 1 % of the work, where it would mislead.
  package var remainingSeconds: Double? {
    let done = completed - resumed
    guard done > 0, Double(done) >= 0.01 * Double(total - resumed) else { return nil }
    return elapsedSeconds / Double(done) * Double(total - completed)
  }

  /// A bar of `width` cells: `█████░░░░░`.
  package func bar(width: Int) -> String {
    let full = Int(fraction * Double(width))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }
}
