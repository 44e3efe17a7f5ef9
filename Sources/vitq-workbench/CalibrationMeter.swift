import Synchronization
import VitqCommandLine
import VitqQuantization
import VitqReporting

/// The progress bar of calibration and learning.
final class CalibrationMeter: Sendable {
  /// When work began that tells how long the rest takes: behind all that an earlier run did.
  private struct Start {
    let instant = ContinuousClock.now
    /// What was complete then.
    let completed: Int
    let restored: Int
  }

  private let start = Mutex<Start?>(nil)
  private let terminal: Terminal

  init(_ terminal: Terminal) { self.terminal = terminal }

  func advance(_ progress: QuantizationProgress) {
    let start = start.withLock { start in
      if let start, start.restored == progress.restored { return start }
      let new = Start(completed: progress.completed, restored: progress.restored)
      start = new
      return new
    }
    let restored =
      progress.restored > 0 ? "\(progress.restored) of \(progress.total) from an earlier run" : ""
    terminal.progress(
      "calibrate",
      ProgressEstimate(
        completed: progress.completed, total: progress.total, resumed: start.completed,
        elapsedSeconds: (ContinuousClock.now - start.instant).inSeconds),
      restored)
  }
}
