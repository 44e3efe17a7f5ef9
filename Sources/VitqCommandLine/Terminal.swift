import Foundation
package import VitqReporting

/// What a command says beside its result: notes and progress, on stderr.
package final class Terminal: @unchecked Sendable {
  // Guarded by `lock`: progress arrives from worker threads.
  private let lock = NSLock()
  private let isQuiet: Bool
  private let drawsBar: Bool
  private let started = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var lastTask = ""

  /// - Parameter isQuiet: Whether to keep notes and progress to oneself.
  package init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    let isDumb = ProcessInfo.processInfo.environment["TERM"] == "dumb"
    drawsBar = isatty(STDERR_FILENO) == 1 && !isDumb
  }

  /// A line about what is going on.
  package func note(_ text: String) {
    guard !isQuiet else { return }
    lock.withLock {
      lastDrawn = nil
      StandardError.line(CommandFailure.printable(text))
    }
  }

  /// What the user should know of the result.
  package func warn(_ text: String) { note("warning: \(text)") }

  /// Progress of a long task: a bar that redraws itself, or a line every ten seconds without one.
  ///
  /// The first of a task is shown at once.
  package func progress(_ task: String, _ estimate: ProgressEstimate, _ detail: String = "") {
    guard !isQuiet else { return }
    lock.withLock {
      let interval: Duration = drawsBar ? .milliseconds(100) : .seconds(10)
      let isLast = estimate.completed >= estimate.total
      if let lastDrawn, task == lastTask, ContinuousClock.now - lastDrawn < interval, !isLast {
        return
      }
      (lastDrawn, lastTask) = (.now, task)
      let left = estimate.remainingSeconds.map { "\(Figures.duration($0)) left" } ?? "estimating"
      let percent = Figures.fixed(estimate.fraction * 100, 0)
      let elapsed = Figures.duration(estimate.elapsedSeconds)
      var line = "\(task) \(percent)%  \(elapsed), \(left)"
      if !detail.isEmpty { line += "  \(detail)" }
      if drawsBar {
        StandardError.draw("\r\u{1B}[K" + estimate.bar(width: 24) + " " + line)
        if isLast { closeBar() }
      } else {
        StandardError.line(line)
      }
    }
  }

  /// Ends a bar that is being drawn, so that other text starts on a fresh line.
  package func finishProgress() { lock.withLock { closeBar() } }

  private func closeBar() {
    StandardError.endLine()
    lastDrawn = nil
  }
}
