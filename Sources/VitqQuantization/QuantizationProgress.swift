/// How far a quantization is.
///
/// It is counted in nodes of the graph, with `sardfq` in steps of training; of all rotations that are
/// tried.
package struct QuantizationProgress: Sendable, Equatable {
  package let completed: Int
  package let total: Int
  /// How many were complete with the last part that was read and not learned: their time says
  /// nothing of the time that is left.
  package let restored: Int

  package init(completed: Int, total: Int, restored: Int = 0) {
    self.completed = completed
    self.total = total
    self.restored = restored
  }
}
