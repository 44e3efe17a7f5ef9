import VitqFaults
package import VitqFormat
package import VitqImageCodecs
package import VitqRuntime

extension CommandFailure {
  /// Trouble with writing the file at `path`.
  package init(writing path: String, _ error: FileError) {
    self.init(ExitStatus(writing: error), "\(path): \(error)")
  }

  /// Trouble with the model file at `path`.
  package init(_ path: String, _ error: ModelFileError) {
    self.init(ExitStatus(error), "\(path): \(error)")
  }

  /// Trouble with the image at `path`.
  package init(_ path: String, _ error: ImageError) {
    self.init(ExitStatus(error), "\(path): \(error)")
  }

  /// Trouble with running the model at `path`.
  package init(_ path: String, _ error: RuntimeError) {
    self.init(ExitStatus(error), "\(path): \(error.message)")
  }
}
