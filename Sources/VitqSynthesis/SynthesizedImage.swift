package import VitqTensor

/// One synthesised image and what it was trained to.
package struct SynthesizedImage: Equatable, Sendable {
  /// Normalised pixels [3, H, W], within the range of valid pixels.
  package let pixels: Tensor
  /// The classes of its parts, or its only class.
  package let classes: [Int]
  /// The mean over heads of the last block's attention priors, [rows, columns] of patches; `nil`
  /// if the method has none.
  package let prior: Tensor?

  package init(pixels: Tensor, classes: [Int], prior: Tensor?) {
    self.pixels = pixels
    self.classes = classes
    self.prior = prior
  }
}
