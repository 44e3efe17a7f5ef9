package import VitqTensor

/// A circular shift of the image, down and to the right by the same number of pixels.
///
/// PSAQ-ViT's augmentation: ±15 pixels in the first round of the schedule, ±30 in the second.
/// Attention priors move along by whole patches.
package struct Jitter: Equatable, Sendable {
  private static let bounds = (first: 15, second: 30)

  package let pixels: Int

  package static let none = Jitter(pixels: 0)

  package init(pixels: Int) { self.pixels = pixels }

  package init(isSecondRound: Bool, _ random: inout ImageRandom) {
    let bound = isSecondRound ? Self.bounds.second : Self.bounds.first
    pixels = random.integer(-bound...bound)
  }

  /// The shift in patches of `side` pixels, to the nearest, halves away from 0.
  package func patches(side: Int) -> Int {
    Int((Double(pixels) / Double(side)).rounded(.toNearestOrAwayFromZero))
  }

  /// `result`, [C, H, W], becomes the shifted image.
  package func apply(_ image: TensorView, into result: MutableTensorView) {
    Self.roll(image, by: pixels, into: result)
  }

  /// `result` becomes the gradient by the image before the shift.
  package func applyInverse(_ gradient: TensorView, into result: MutableTensorView) {
    Self.roll(gradient, by: -pixels, into: result)
  }

  private static func roll(
    _ source: TensorView, by pixels: Int, into result: MutableTensorView
  ) {
    let (height, width) = (source.shape[1], source.shape[2])
    let (down, right) = (modulo(pixels, height), modulo(pixels, width))
    for channel in 0..<source.shape[0] {
      for row in 0..<height {
        let from = (channel * height + row) * width
        let to = (channel * height + (row + down) % height) * width
        for j in 0..<(width - right) { result[to + right + j] = source[from + j] }
        for j in 0..<right { result[to + j] = source[from + width - right + j] }
      }
    }
  }

  private static func modulo(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }
}
