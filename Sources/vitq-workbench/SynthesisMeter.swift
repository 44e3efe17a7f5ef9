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
    let detail =
      "loss \(Figures.fixed(losses.total, 2)) (priors \(Figures.fixed(losses.attentionPriors * 1e5, 2))e-5,"
      + " labels \(Figures.fixed(losses.image + losses.parts, 2)),"
      + " tv \(Figures.fixed(losses.totalVariation, 1)))"
    terminal.progress("synthesise", estimate, detail)
  }
}
