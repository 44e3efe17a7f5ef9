import PortablePixmap
import VitqRuntime

/// An app's own type around a model: the main actor asks and keeps the albums, the pool works.
@MainActor
final class PhotoSorter {
  /// Why a photo is in no album.
  struct Failure {
    let photo: String
    let reason: String
  }

  /// The photos of each album, named by the class that a photo shows.
  private(set) var albums: [String: [String]] = [:]
  private(set) var failures: [Failure] = []
  private let pool: SessionPool

  /// - Parameters:
  ///   - model: A quantized model.
  ///   - sessions: How many photos are classified at once.
  /// - Throws: The model cannot be opened.
  init(model: String, sessions: Int) throws(RuntimeError) {
    pool = try SessionPool(Model(model), sessions: sessions)
  }

  /// Puts each photo into the album of its likeliest class; a photo that fails stops no other.
  ///
  /// As many photos are in memory as sessions can work on, and one more for each to go on with.
  func sort(_ photos: [String]) async {
    await withTaskGroup(of: Void.self) { group in
      var waiting = photos.makeIterator()
      for _ in 0..<2 * pool.sessionCount {
        if let photo = waiting.next() { group.addTask { await self.add(photo) } }
      }
      for await _ in group {
        if let photo = waiting.next() { group.addTask { await self.add(photo) } }
      }
    }
  }

  private func add(_ photo: String) async {
    do throws(RuntimeError) {
      guard let best = try await Self.likeliestClass(photo, pool) else {
        failures.append(Failure(photo: photo, reason: "not a binary PPM file"))
        return
      }
      albums[best.label ?? "class \(best.index)", default: []].append(photo)
    } catch {
      failures.append(Failure(photo: photo, reason: error.message))
    }
  }

  /// Reads and classifies off the main actor; `nil` if the file is no image.
  @concurrent
  private static func likeliestClass(
    _ photo: String, _ pool: SessionPool
  ) async throws(RuntimeError) -> Prediction? {
    guard let file = PortablePixmap(path: photo) else { return nil }
    let image = try PixelBuffer(rgb: file.rgb.span, width: file.width, height: file.height)
    return try await pool.classify(image, top: 1).first
  }
}
