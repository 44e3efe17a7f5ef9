import Foundation

/// The files of the package's `fixtures` folder.
package enum Fixtures {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures")

  /// The absolute path of the file at `path` below `fixtures`.
  package static func path(_ path: String) -> String { folder.appending(path: path).path }

  /// The bytes of the file at `path` below `fixtures`.
  package static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: path)))
  }

  /// The lines of a file of tab-separated values.
  package static func table(_ path: String) throws -> [[String]] {
    String(decoding: try bytes(path), as: UTF8.self)
      .split(separator: "\n").map { $0.components(separatedBy: "\t") }
  }
}
