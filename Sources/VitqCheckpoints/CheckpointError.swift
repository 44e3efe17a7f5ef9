package import VitqFormat

/// Why a checkpoint cannot be opened.
package enum CheckpointError: Error, Equatable {
  /// `name` is the file of the folder at fault, or `nil` if it is the path that was given.
  case weights(name: String?, FileError)
  case safetensors(SafetensorsError)
  /// Of another format, `nil` if it has no name.
  case format(FileFormat?)
  case archive(ArchiveError)
  case configuration(String)
  /// What `torch.save` writes can run code when it is opened.
  case pickle(name: String?)
  /// What vitq itself wrote.
  case vitqModel
  /// Weights in several files.
  case sharded(name: String)
}

extension CheckpointError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .weights(nil, let error): error.description
    case .weights(let name?, let error): "file '\(name)': \(error)"
    case .safetensors(let error): error.description
    case .format(let format):
      "file: not a checkpoint: expected HDF5, ONNX or safetensors, "
        + (format.map { "looks like \($0.rawValue)" } ?? "found none of them")
    case .archive(let error): error.description
    case .configuration(let reason): "file '\(HubFolder.configurationName)': \(reason)"
    case .pickle(let name):
      (name.map { "file '\($0)': " } ?? "")
        + "a pickle, which can run code: expected safetensors; convert it with "
        + "fixtures/make/export_timm.py"
    case .vitqModel:
      "already a vitq model: expected a checkpoint; see what it holds with vitq inspect"
    case .sharded(let name):
      "file '\(name)': weights in several files are not supported: expected one "
        + "'\(HubFolder.weightsName)'"
    }
  }
}
