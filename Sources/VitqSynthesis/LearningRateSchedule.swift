#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate of each step.
package struct LearningRateSchedule: Equatable, Sendable {
  package enum Form: Equatable, Sendable {
    /// PSAQ-ViT's two rounds of linear warm-up and cosine decay to 0, for any number of steps:
    /// with 1000 these are its 2 · (100 + 400). The optimiser is not reset between rounds.
    case twoRounds
    case constant
  }

  private static let warmUpShare = 5

  package let base: Double
  package let stepCount: Int

  package let form: Form

  package init(base: Double, stepCount: Int, _ form: Form = .twoRounds) {
    self.form = form
    self.base = base
    self.stepCount = stepCount
  }

  /// Whether a step, from 0, belongs to the second round.
  package func isSecondRound(_ step: Int) -> Bool { step >= stepCount / 2 }

  /// The rate of a step, from 0.
  package func rate(_ step: Int) -> Double {
    guard form == .twoRounds else { return base }
    let start = isSecondRound(step) ? stepCount / 2 : 0
    let count = isSecondRound(step) ? stepCount - stepCount / 2 : stepCount / 2
    let warmUp = count / Self.warmUpShare
    let index = step - start
    guard index >= warmUp else { return base * Double(index + 1) / Double(warmUp) }
    return base / 2 * (1 + cos(.pi * Double(index - warmUp) / Double(count - warmUp)))
  }
}
