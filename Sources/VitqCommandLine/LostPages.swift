import Foundation
import VitqFaults

/// Pages of a mapped file that are gone because somebody cut the file short.
enum LostPages {
  /// From now on, touching one ends the process with a message and the status of failed reading.
  static func endProcess() {
    signal(SIGBUS) { _ in
      let message: StaticString = "vitq: a file was cut short while it was in use\n"
      _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
      _exit(ExitStatus.inputOutput.rawValue)
    }
  }
}
