package import VitqTensor

/// A circular shift of the image, then perhaps its reflection left to right.
///
/// Attention priors and patches move along by whole patches.
package struct Jitter: Equatable, Sendable {
  /// Pixels down.
  package let down: Int
  /// Pixels to the right.
  package let right: Int
  /// Whether the shifted image is reflected left to right.
  package let isFlipped: Bool

  package static let none = Jitter(down: 0, right: 0)

  package init(down: Int, right: Int, isFlipped: Bool = false) {
    self.down = down
    self.right = right
    self.isFlipped = isFlipped
  }

  /// The movement of a patch grid, to the nearest patch, halves away from 0.
  package func patches(side: Int) -> Jitter {
    func count(_ pixels: Int) -> Int {
      Int((Double(pixels) / Double(side)).rounded(.toNearestOrAwayFromZero))
    }
    return Jitter(down: count(down), right: count(right), isFlipped: isFlipped)
  }

  /// Where what is at a place after the movement was before it.
  package func source(
    row: Int, column: Int, rows: Int, columns: Int
  ) -> (row: Int, column: Int) {
    let shifted = isFlipped ? columns - 1 - column : column
    return (modulo(row - down, rows), modulo(shifted - right, columns))
  }

  /// `result`, [C, H, W], becomes the moved image.
  package func apply(_ image: TensorView, into result: MutableTensorView) {
    forEachRun(image.shape) { original, moved, count, direction in
      for j in 0..<count { result[moved + direction * j] = image[original + j] }
    }
  }

  /// `result` becomes the gradient by the image before the movement.
  package func applyInverse(_ gradient: TensorView, into result: MutableTensorView) {
    forEachRun(gradient.shape) { original, moved, count, direction in
      for j in 0..<count { result[original + j] = gradient[moved + direction * j] }
    }
  }

  /// Calls `body` with the offsets of each run of pixels before and after the movement, its
  /// length, and the direction in which it stands after.
  private func forEachRun(_ shape: Shape, _ body: (Int, Int, Int, Int) -> Void) {
    let (height, width) = (shape[1], shape[2])
    let (down, right) = (modulo(down, height), modulo(right, width))
    for channel in 0..<shape[0] {
      for row in 0..<height {
        let from = (channel * height + row) * width
        let to = (channel * height + (row + down) % height) * width
        if isFlipped {
          body(from, to + width - 1 - right, width - right, -1)
          if right > 0 { body(from + width - right, to + width - 1, right, -1) }
        } else {
          body(from, to + right, width - right, 1)
          if right > 0 { body(from + width - right, to, right, 1) }
        }
      }
    }
  }
}

/// The remainder of a division that is at least 0.
private func modulo(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }
