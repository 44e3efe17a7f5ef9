import Foundation
import VitqSynthesis

/// The image files of a folder.
package enum ImageFolder {
  private static let extensions: Set = ["png", "jpg", "jpeg"]

  /// The paths of the PNG and JPEG files of a folder, by name; sub-folders are not entered.
  package static func paths(in folder: String) throws(KitError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw KitError(.missingInput, "\(folder): expected a folder that can be read")
    }
    return names.sorted().filter { name in
      extensions.contains((name as NSString).pathExtension.lowercased())
    }.map { folder + "/" + $0 }
  }

  /// Draws images by a seed, without replacement.
  ///
  /// - Parameters:
  ///   - count: The number of images; all are taken if there are no more.
  ///   - paths: The images to draw from.
  ///   - seed: The seed of the run.
  /// - Returns: The images, in the order they have in `paths`.
  package static func draw(_ count: Int, of paths: [String], seed: UInt64) -> [String] {
    guard count < paths.count else { return paths }
    var random = ImageRandom(seed: seed, image: 0, .folder)
    var order = Array(paths.indices)
    for index in 0..<count { order.swapAt(index, random.integer(index...paths.count - 1)) }
    return order[..<count].sorted().map { paths[$0] }
  }
}
