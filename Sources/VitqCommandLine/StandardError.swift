import Foundation

/// The error stream of the process; what cannot be written to it is lost.
package enum StandardError {
  package static func write(_ text: String) {
    _ = StandardDescriptors.send(text, to: STDERR_FILENO)
  }
}
