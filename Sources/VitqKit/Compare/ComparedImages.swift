import Foundation

/// The images that a measurement without labels reads.
package enum ComparedImages {
  /// The images of a folder, of `labels.csv`, or of class folders; labels are not looked at.
  ///
  /// - Throws: ``KitError`` if there is none.
  package static func paths(_ path: String, limit: Int?, classCount: Int) throws(KitError)
    -> [String]
  {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw KitError(.missingInput, "\(path): no such file or folder")
    }
    var paths: [String] = []
    let hasLabels = FileManager.default.fileExists(atPath: path + "/labels.csv")
    if isFolder.boolValue, !hasLabels { paths = try ImageFolder.paths(in: path) }
    if paths.isEmpty {
      do throws(LabelledImagesError) {
        paths = try LabelledImages(path: path, classCount: classCount).entries.map(\.path)
      } catch .folderCount {
        throw KitError(
          .missingInput, "\(path): expected PNG or JPEG images, labels.csv or class folders")
      } catch {
        throw KitError(error)
      }
    }
    return Array(paths.prefix(limit ?? .max))
  }
}
