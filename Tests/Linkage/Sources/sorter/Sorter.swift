import PortablePixmap
import VitqRuntime

/// An app's own type around a model: the main actor asks, the pool works.
@MainActor
final class Sorter {
  private let pool: SessionPool
  private(set) var albums: [String: [String]] = [:]

  init(model: String) throws { pool = try SessionPool(Model(model), sessions: 2) }

  /// Puts an image into the album of its likeliest class.
  func add(_ path: String) async throws {
    guard let file = PortablePixmap(path: path) else { return }
    let image = try PixelBuffer(rgb: file.rgb.span, width: file.width, height: file.height)
    guard let best = try await pool.classify(image, top: 1).first else { return }
    albums["\(best.index) \(best.label ?? "")", default: []].append(path)
  }
}

/// sorter MODEL IMAGE.ppm…: each album with the number of its images.
@main
struct Main {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let model = arguments.first else { return }
    let sorter = try Sorter(model: model)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for path in arguments.dropFirst() { group.addTask { try await sorter.add(path) } }
      try await group.waitForAll()
    }
    for (album, images) in sorter.albums { print("\(album): \(images.count)") }
  }
}
