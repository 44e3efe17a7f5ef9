package import VitqFormat
package import VitqImageCodecs
package import VitqRuntime

/// The one table from what went wrong to the status that says so.
extension ExitStatus {
  /// Trouble with reading a file.
  package init(reading error: FileError) {
    switch error {
    case .empty: self = .malformedInput
    case .failed, .cutShort: self = .inputOutput
    default: self = .missingInput
    }
  }

  /// Trouble with writing a file.
  package init(writing error: FileError) {
    switch error {
    case .diskFull, .shortWrite, .failed: self = .inputOutput
    default: self = .cannotCreate
    }
  }

  package init(_ error: ModelFileError) {
    switch error {
    case .file(let error): self.init(reading: error)
    case .newerVersion: self = .unavailable
    default: self = .malformedInput
    }
  }

  package init(_ error: ImageError) {
    switch error {
    case .unreadable, .notAFile: self = .missingInput
    case .limit: self = .refusedByPolicy
    case .unsupportedFormat: self = .unavailable
    default: self = .malformedInput
    }
  }

  package init(_ error: RuntimeError) {
    switch error.code {
    case .unsupportedInstructionSet, .outOfResources: self = .unavailable
    case .invalidThreadCount: self = .usage
    case .invalidSpinTime: self = .badRecipe
    case .modelChanged: self = .inputOutput
    default: self = .malformedInput
    }
  }
}
