/// How the image of a step is moved.
package struct MovementSchedule: Equatable, Sendable {
  /// How far images are shifted.
  package enum Range: Equatable, Sendable {
    /// PSAQ-ViT's: one number for both axes, within ±15 pixels in the first round of the
    /// learning-rate schedule and within ±30 in the second.
    case growing
    /// SMI's: a number for each axis, within an eighth of the image.
    case eighth(height: Int, width: Int)
  }

  private static let growingBounds = (first: 15, second: 30)

  package let augmentation: Augmentation
  package let range: Range

  package init(_ augmentation: Augmentation, _ range: Range) {
    self.augmentation = augmentation
    self.range = range
  }

  /// Draws the movement of a step.
  package func movement(isSecondRound: Bool, _ random: inout ImageRandom) -> Jitter {
    guard augmentation != .none else { return .none }
    let (down, right): (Int, Int)
    switch range {
    case .growing:
      let bound = isSecondRound ? Self.growingBounds.second : Self.growingBounds.first
      down = random.integer(-bound...bound)
      right = down
    case .eighth(let height, let width):
      down = random.integer(-height / 8...height / 8)
      right = random.integer(-width / 8...width / 8)
    }
    let isFlipped = augmentation == .jitterAndFlip && random.integer(0...1) == 1
    return Jitter(down: down, right: right, isFlipped: isFlipped)
  }
}
