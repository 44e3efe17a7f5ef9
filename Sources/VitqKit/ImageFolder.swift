import Foundation

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
}
