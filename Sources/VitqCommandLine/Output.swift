import Foundation
import Synchronization
import VitqFaults

/// What a command answers, on stdout.
package enum Output {
  /// The number of the first error; nothing is written after one.
  private static let errorNumber = Mutex<Int32?>(nil)

  /// Prints a line of the result.
  package static func line(_ text: String) {
    errorNumber.withLock { number in
      number = number ?? StandardDescriptors.send(text + "\n", to: STDOUT_FILENO)
    }
  }

  /// Prints lines that come from a file, each with what a terminal could interpret replaced.
  package static func lines(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      Output.line(CommandFailure.printable(String(line)))
    }
  }

  /// Why the answer is not whole; `nil` if it is, or if its reader closed the pipe.
  package static var failure: CommandFailure? {
    guard let number = errorNumber.withLock({ $0 }), number != EPIPE else { return nil }
    return CommandFailure(
      .inputOutput, "standard output: cannot be written: \(String(cString: strerror(number)))")
  }
}
