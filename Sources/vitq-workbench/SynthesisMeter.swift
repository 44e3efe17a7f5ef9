import Synchronization
import VitqCommandLine
import VitqKit
import VitqReporting
import VitqSynthesis

/// Adds up the steps of all images for one progress bar.
final class SynthesisMeter: Sendable {
  /// The steps taken of each image that was heard of.
  private let steps = Mutex<[Int: Int]>([:])
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

  func advance(_ progress: SynthesisProgress) {
    let estimate = steps.withLock { steps in
      steps[progress.image] = progress.step
      return ProgressEstimate(
        completed: steps.values.reduce(0, +), total: imageCount * stepCount,
        elapsedSeconds: (ContinuousClock.now - start).inSeconds)
    }
    let losses = progress.losses
    let terms = losses.terms.map { "\($0.name.rawValue) \(Figures.fixed($0.weight * $0.value, 2))" }
    let detail = "loss \(Figures.fixed(losses.total, 2)) (\(terms.joined(separator: ", ")))"
    terminal.progress("synthesise", estimate, detail)
  }
}
