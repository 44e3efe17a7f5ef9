import VitqFormat

extension ModelFile {
  /// Opens a file with an error that names it.
  static func open(_ path: String) throws(KitError) -> ModelFile {
    do throws(ModelFileError) {
      return try ModelFile(path: path)
    } catch {
      throw KitError(path, error)
    }
  }
}
