/// Why a step of the tool stops: what kind of trouble, and one line that names file and thing.
public struct KitError: Error, Equatable, CustomStringConvertible {
  /// The kind of trouble; the raw value is the exit status of the command line.
  public enum Kind: Int32, Sendable, Hashable, CaseIterable {
    /// The input is damaged, incomplete or holds something unsupported.
    case malformedInput = 65
    /// The input is missing or cannot be read.
    case missingInput = 66
    /// A file of a newer version, or something this build lacks.
    case unavailable = 69
    /// A computed value is not finite, or a loss diverged.
    case selfCheckFailed = 70
    /// The output cannot be created.
    case cannotCreate = 73
    /// Reading or writing failed midway.
    case inputOutput = 74
    /// Stopped on request, or another run has the folder; a later run goes on.
    case interrupted = 75
    /// Refused for safety.
    case refusedByPolicy = 77
    /// A configuration is wrong.
    case badConfiguration = 78
  }

  /// The kind of trouble.
  public let kind: Kind
  /// One line: file, thing, what was expected, what was found.
  public let description: String
  /// Whether a folder holds the work of another run, so that another folder would do.
  package let isOfAnotherRun: Bool

  init(_ kind: Kind, _ description: String, isOfAnotherRun: Bool = false) {
    self.kind = kind
    self.description = description
    self.isOfAnotherRun = isOfAnotherRun
  }
}
