/// The exit status of a command, after BSD's sysexits where one fits.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  case internalError = 1
  case usage = 64
  case malformedInput = 65
  case missingInput = 66
  case unavailable = 69
  case selfCheckFailed = 70
  case cannotCreate = 73
  case inputOutput = 74
  case interrupted = 75
  case refusedByPolicy = 77
  case badRecipe = 78

  /// What the status says, for `vitq help exit-codes`.
  package var meaning: String {
    switch self {
    case .internalError: "unexpected failure inside vitq"
    case .usage: "usage: an option or argument is wrong"
    case .malformedInput: "an input file is malformed or holds something unsupported"
    case .missingInput: "an input file is missing or unreadable"
    case .unavailable: "a needed feature is not available (file version, instruction set)"
    case .selfCheckFailed: "a check failed (digest, a value that is not finite)"
    case .cannotCreate: "the output cannot be created"
    case .inputOutput: "reading or writing failed (disk full, for example)"
    case .interrupted: "stopped before the end; the same command with --resume goes on"
    case .refusedByPolicy: "refused for safety (link out of the file, size limit)"
    case .badRecipe: "a configuration file or recipe is wrong"
    }
  }
}

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
    var result = ""
    for scalar in text.unicodeScalars {
      let isControl =
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      if isControl {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
