import VitqFormat

/// Small files that the kit writes whole.
enum KitFile {
  /// Writes a file; the path holds all of it or what it held before.
  static func write(_ bytes: [UInt8], to path: String) throws(KitError) {
    do throws(FileError) {
      try AtomicFile.write(bytes, to: path, overwriting: true)
    } catch {
      throw KitError(writing: path, error)
    }
  }
}
