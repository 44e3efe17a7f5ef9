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

  /// What the status says, for `vitq help`.
  package var meaning: String {
    switch self {
    case .internalError: "unexpected failure inside vitq"
    case .usage: "usage: an option or argument is wrong"
    case .malformedInput: "an input file is malformed, damaged or holds something unsupported"
    case .missingInput: "an input file is missing or unreadable"
    case .unavailable: "a needed feature is not available (file version, instruction set)"
    case .selfCheckFailed: "a computed value is not finite, or a loss diverged"
    case .cannotCreate: "the output cannot be created"
    case .inputOutput: "reading or writing failed (disk full, for example)"
    case .interrupted:
      "stopped before the end, or another run has the work folder; the same command later goes on"
    case .refusedByPolicy:
      "refused (link out of the file, size limit, more memory than there is)"
    case .badRecipe: "a configuration file or recipe is wrong"
    }
  }
}
