package import VitqFaults
import VitqReporting

/// Why a command stops: one line for stderr and an exit status.
package struct CommandFailure: Error, Equatable {
  package let status: ExitStatus
  package let message: String

  package init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The message with everything a terminal could interpret replaced, on one line.
  package var line: String { "vitq: " + Self.printable(message) }

  /// `text` with control characters escaped, so that a name from a file cannot move the cursor.
  package static func printable(_ text: String) -> String {
    text.unicodeScalars.map(\.printable).joined()
  }
}
