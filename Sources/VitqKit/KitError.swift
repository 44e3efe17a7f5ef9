/// Why a step of the tool stops: what kind of trouble, and one line that names file and thing.
public struct KitError: Error, Equatable, CustomStringConvertible {
  /// The kind of trouble; each has an exit status of its own in the command line.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// The input is damaged, incomplete or holds something unsupported.
    case malformedInput
    /// The input is missing or cannot be read.
    case missingInput
    /// A file of a newer version, or something this build lacks.
    case unavailable
    /// A value that is not finite, or a digest that does not match.
    case selfCheckFailed
    /// The output cannot be created.
    case cannotCreate
    /// Reading or writing failed midway.
    case inputOutput
    /// Stopped on request; a second run goes on.
    case interrupted
    /// Refused for safety.
    case refusedByPolicy
    /// A configuration is wrong.
    case badConfiguration
  }

  /// The kind of trouble.
  public let kind: Kind
  /// One line: file, thing, what was expected, what was found.
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
