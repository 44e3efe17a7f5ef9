/// How the loss of a part of a model fell while it was learned.
package struct PartLosses: Sendable, Equatable {
  /// The node that the part ends in.
  package let node: String
  /// Counted from 0.
  package let stage: Int
  /// Before each step, and after the last.
  package let losses: [Double]
}
