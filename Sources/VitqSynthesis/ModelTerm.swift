package import VitqGraph
package import VitqTensor

/// A term of the objective that reads values of the model at the whole image.
///
/// Every value belongs to at most one term of a method, which alone writes its cotangent.
package protocol ModelTerm {
  var name: LossName { get }
  /// What the loss counts in the total.
  var weight: Float { get }
  /// The values that the term reads.
  var nodes: [NodeID] { get }

  /// The loss before its weight; writes `weight` times its gradient.
  func loss(_ site: TermSite) -> Double

  /// What the last loss adds to the gradient by the image beside what the cotangents pull back.
  var imageGradient: TensorView? { get }
}

extension ModelTerm {
  package var imageGradient: TensorView? { nil }
}

/// What a term reads and writes, in the order of its nodes.
package struct TermSite {
  package let values: [TensorView]
  /// Every element is to be written: `weight` · ∂L/∂value.
  package let cotangents: [MutableTensorView]
  /// How the image was moved, in whole patches.
  package let movement: Jitter
  /// What the model sees.
  package let image: TensorView?

  package init(
    values: [TensorView], cotangents: [MutableTensorView], movement: Jitter = .none,
    image: TensorView? = nil
  ) {
    self.image = image
    self.values = values
    self.cotangents = cotangents
    self.movement = movement
  }
}
