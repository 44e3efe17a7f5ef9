import VitqCommandLine
import VitqFaults
import VitqFormat
import VitqImage
import VitqImageCodecs

/// Pictures that the tool draws.
enum PNGFile {
  /// Writes a picture; the path holds all of it or what it held before.
  ///
  /// - Throws: ``CommandFailure`` that names the path.
  static func write(_ picture: PixelBuffer, to path: String) throws {
    let bytes: [UInt8]
    do throws(ImageError) {
      bytes = try PNGEncoder.encode(picture)
    } catch {
      throw CommandFailure(.cannotCreate, "\(path): \(error)")
    }
    do throws(FileError) {
      try AtomicFile.write(bytes, to: path, overwriting: true)
    } catch {
      throw CommandFailure(writing: path, error)
    }
  }
}
