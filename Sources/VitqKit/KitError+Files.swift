import VitqArchitectures
import VitqCheckpoints
import VitqFaults
import VitqFormat
import VitqHDF5
import VitqImageCodecs
import VitqONNX
import VitqRuntime

extension KitError {
  /// What a status of the common table says.
  private init(status: ExitStatus, _ description: String) {
    self.init(Kind(rawValue: status.rawValue) ?? .malformedInput, description)
  }

  /// Trouble with reading the file at `path`.
  init(reading path: String, _ error: FileError) {
    self.init(status: ExitStatus(reading: error), "\(path): \(error)")
  }

  /// Trouble with writing the file at `path`.
  init(writing path: String, _ error: FileError) {
    self.init(status: ExitStatus(writing: error), "\(path): \(error)")
  }

  /// Trouble with the folder that lets long work go on.
  init(_ error: JournalError) {
    switch error {
    case .notAJournal: self.init(.cannotCreate, "\(error)")
    case .inUse: self.init(.interrupted, "\(error)")
    case .file(let path, let error): self.init(writing: path, error)
    }
  }

  init(_ path: String, _ error: ModelFileError) {
    self.init(status: ExitStatus(error), "\(path): \(error)")
  }

  init(_ path: String, _ error: ImageError) {
    self.init(status: ExitStatus(error), "\(path): \(error)")
  }

  init(_ path: String, _ error: RuntimeError) {
    self.init(status: ExitStatus(error), "\(path): \(error.message)")
  }

  init(_ path: String, _ error: CheckpointError) {
    switch error {
    case .weights(nil, let error): self.init(reading: path, error)
    case .weights(let name?, let error): self.init(reading: "\(path)/\(name)", error)
    case .configuration: self.init(.badConfiguration, "\(path): \(error)")
    case .pickle, .sharded: self.init(.unavailable, "\(path): \(error)")
    case .safetensors, .format, .archive, .vitqModel:
      self.init(.malformedInput, "\(path): \(error)")
    }
  }

  init(_ path: String, _ error: ArchitectureError) {
    let kind: Kind =
      switch error {
      case .configurationTooLarge, .malformedConfiguration, .configurationValue,
        .missingConfiguration, .foreignConfiguration:
        .badConfiguration
      default: .malformedInput
      }
    self.init(kind, "\(path): \(error)")
  }

  init(_ path: String, _ error: HDF5Error) {
    let kind: Kind =
      switch error {
      case .unreadable, .notAFile: .missingInput
      case .newerFormat, .unsupportedFilter: .unavailable
      case .linkNotAllowed, .storageOutsideFile, .limitExceeded, .inflated: .refusedByPolicy
      default: .malformedInput
      }
    self.init(kind, "\(path): \(error)")
  }

  init(_ path: String, _ error: ONNXError) {
    let kind: Kind =
      switch error.category {
      case .malformed: .malformedInput
      case .missing: .missingInput
      case .inputOutput: .inputOutput
      case .unsupported: .unavailable
      case .refused: .refusedByPolicy
      }
    self.init(kind, "\(path): \(error)")
  }
}
