import Dispatch
import Foundation
import VitqSynthesis

/// Turns Ctrl-C and SIGTERM into a request to stop; a second one ends the process at once.
final class Interruption {
  let cancellation = Cancellation()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [cancellation] in
        if cancellation.isRequested { exit(128 + number) }
        cancellation.request()
      }
      source.resume()
      sources.append(source)
    }
  }
}
