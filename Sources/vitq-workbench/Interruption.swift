import Dispatch
import Foundation
import VitqCommandLine
import VitqSynthesis

/// Turns Ctrl-C, SIGTERM and the end of a time budget into a request to stop; a signal after a
/// request ends the process at once.
final class Interruption {
  let cancellation = Cancellation()
  private let budget: TimeBudget?
  private let isOutOfTime = Cancellation()
  private var signals: [any DispatchSourceSignal] = []
  private var timer: (any DispatchSourceTimer)?

  /// - Parameter budget: The time from now after which to stop, by a clock that nobody sets.
  init(after budget: TimeBudget? = nil) {
    self.budget = budget
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [cancellation] in
        if cancellation.isRequested { exit(128 + number) }
        cancellation.request()
      }
      source.resume()
      signals.append(source)
    }
    guard let budget else { return }
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + budget.seconds)
    timer.setEventHandler { [cancellation, isOutOfTime] in
      if !cancellation.isRequested { isOutOfTime.request() }
      cancellation.request()
    }
    timer.resume()
    self.timer = timer
  }

  /// Why the run stopped, where it was asked to.
  var reason: String {
    guard let budget, isOutOfTime.isRequested else { return "interrupted" }
    return "stopped after --time-budget \(budget.text)"
  }
}
