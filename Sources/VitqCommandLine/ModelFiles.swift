package import VitqFormat

/// Opening model files with errors that name them.
package enum ModelFiles {
  package static func open(_ path: String) throws -> ModelFile {
    do throws(ModelFileError) {
      return try ModelFile(path: path)
    } catch {
      throw CommandFailure(path, error)
    }
  }
}
