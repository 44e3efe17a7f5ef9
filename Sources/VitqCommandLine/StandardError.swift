import Foundation

/// The error stream of the process.
package enum StandardError {
  package static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
