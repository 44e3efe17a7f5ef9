package import VitqAutodiff

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
  /// The part that was just learned, if its loss ended well above where it began.
  package let rise: PartRise?

  package init(completed: Int, total: Int, restored: Int = 0, rise: PartRise? = nil) {
    self.rise = rise
    self.completed = completed
    self.total = total
    self.restored = restored
  }
}

/// A part of a model whose loss ended well above where it began while it was learned.
package struct PartRise: Sendable, Equatable {
  /// The node that the part ends in.
  package let node: String
  /// Counted from 0.
  package let stage: Int
  package let loss: LossRise
}
