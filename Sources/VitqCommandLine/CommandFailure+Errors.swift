package import VitqFormat
package import VitqImageCodecs
package import VitqRuntime

extension CommandFailure {
  /// Trouble with the model file at `path`.
  package init(_ path: String, _ error: ModelFileError) {
    let status: ExitStatus =
      switch error {
      case .file(.empty): .malformedInput
      case .file(.failed): .inputOutput
      case .file: .missingInput
      case .newerVersion: .unavailable
      default: .malformedInput
      }
    self.init(status, "\(path): \(error)")
  }

  /// Trouble with the image at `path`.
  package init(_ path: String, _ error: ImageError) {
    let status: ExitStatus =
      switch error {
      case .unreadable, .notAFile: .missingInput
      case .limit: .refusedByPolicy
      case .unsupportedFormat: .unavailable
      default: .malformedInput
      }
    self.init(status, "\(path): \(error)")
  }

  /// Trouble with running the model at `path`.
  package init(_ path: String, _ error: RuntimeError) {
    let status: ExitStatus =
      switch error.code {
      case .unsupportedInstructionSet, .outOfResources: .unavailable
      case .invalidThreadCount: .usage
      default: .malformedInput
      }
    self.init(status, "\(path): \(error.message)")
  }
}
