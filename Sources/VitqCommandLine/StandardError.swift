import Foundation
import Synchronization

/// The error stream of the process; what cannot be written to it is lost.
package enum StandardError {
  /// Whether the last text ended within a line, as a progress bar does.
  private static let isWithinLine = Mutex(false)

  /// Writes a line, below the one that ``draw(_:)`` left open.
  package static func line(_ text: String) {
    isWithinLine.withLock { isWithinLine in
      send((isWithinLine ? "\n" : "") + text + "\n")
      isWithinLine = false
    }
  }

  /// Writes text that more may be drawn over.
  static func draw(_ text: String) {
    isWithinLine.withLock { isWithinLine in
      send(text)
      isWithinLine = true
    }
  }

  /// Ends the line that ``draw(_:)`` left open, if it did.
  static func endLine() {
    isWithinLine.withLock { isWithinLine in
      if isWithinLine { send("\n") }
      isWithinLine = false
    }
  }

  private static func send(_ text: String) {
    _ = StandardDescriptors.send(text, to: STDERR_FILENO)
  }
}
