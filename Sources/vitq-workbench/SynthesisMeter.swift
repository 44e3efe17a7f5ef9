import Synchronization
import VitqCommandLine
import VitqKit
import VitqReporting
import VitqSynthesis

/// Adds up the steps of all images for one progress bar.
final class SynthesisMeter: Sendable {
  private struct Steps {
    /// The steps taken of each image that was heard of.
    var taken: [Int: Int] = [:]
    /// How many of them an earlier run took.
    var restoredCount = 0
  }

  private let steps = Mutex(Steps())
  private let terminal: Terminal
  private let imageCount: Int
  private let stepCount: Int
  private let start: ContinuousClock.Instant

  init(_ terminal: Terminal, images: Int, steps: Int, start: ContinuousClock.Instant) {
    self.terminal = terminal
    imageCount = images
    stepCount = steps
    self.start = start
  }

  /// Counts the steps of an image that an earlier run took; they say nothing of the time left.
  func restore(image: Int, step: Int) {
    steps.withLock { steps in
      steps.taken[image] = step
      steps.restoredCount += step
    }
  }

  func advance(_ progress: SynthesisProgress) {
    let estimate = steps.withLock { steps in
      steps.taken[progress.image] = progress.step
      return ProgressEstimate(
        completed: steps.taken.values.reduce(0, +), total: imageCount * stepCount,
        resumed: steps.restoredCount, elapsedSeconds: (ContinuousClock.now - start).inSeconds)
    }
    let losses = progress.losses
    let terms = losses.terms.map { "\($0.name.rawValue) \(Figures.fixed($0.weight * $0.value, 2))" }
    let detail = "loss \(Figures.fixed(losses.total, 2)) (\(terms.joined(separator: ", ")))"
    terminal.progress("synthesise", estimate, detail)
  }
}
