import Foundation
package import VitqImage
import VitqTensor

/// The images that a measurement without labels reads.
package struct ComparedImages: Sendable {
  /// The path of each image.
  package let paths: [String]
  /// The images themselves if they were synthesised, of a model's input size; else none.
  private let made: [PixelBuffer]

  package var count: Int { paths.count }

  /// Finds the images of a folder, of `labels.csv`, or of class folders, whose labels are not
  /// looked at, or those that `vitq synthesize` made.
  ///
  /// - Parameters:
  ///   - path: The folder, or `labels.csv`.
  ///   - limit: Only the first are taken, as many; `nil` for all.
  ///   - preprocessing: How the model that they are for, or were made from, normalises images.
  ///   - classCount: The number of its classes.
  /// - Throws: ``KitError`` if there is none.
  package init(
    _ path: String, limit: Int?, for preprocessing: Preprocessing, classCount: Int
  ) throws(KitError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw KitError(.missingInput, "\(path): no such file or folder")
    }
    let limit = limit ?? .max
    var paths: [String] = []
    let hasLabels = FileManager.default.fileExists(atPath: path + "/labels.csv")
    if isFolder.boolValue, !hasLabels { paths = try ImageFolder.paths(in: path) }
    if paths.isEmpty, isFolder.boolValue, !hasLabels, ImageParts.isPart(path) {
      let shape: Shape = [3, preprocessing.inputHeight, preprocessing.inputWidth]
      let images = try ImageParts.images(in: path, shape, limit: limit)
      self.paths = images.map { $0.path }
      made = images.map { image in
        let elements = image.pixels.elements
        return preprocessing.denormalize(elements.span)
      }
      return
    }
    if paths.isEmpty {
      do throws(LabelledImagesError) {
        paths = try LabelledImages(path: path, classCount: classCount).entries.map(\.path)
      } catch .folderCount {
        throw KitError(
          .missingInput,
          "\(path): expected PNG or JPEG images, labels.csv, class folders or images of "
            + "'vitq synthesize'")
      } catch {
        throw KitError(error)
      }
    }
    self.paths = Array(paths.prefix(limit))
    made = []
  }

  /// What models read of an image: its pixels, resized and cropped as each wants it.
  func crops(_ index: Int, for preprocessings: [Preprocessing]) throws(KitError) -> [PixelBuffer] {
    guard made.isEmpty else {
      let image = made[index]
      return preprocessings.map { preprocessing in
        let isOfInputSize =
          (image.width, image.height) == (preprocessing.inputWidth, preprocessing.inputHeight)
        return isOfInputSize ? image : preprocessing.crop(image)
      }
    }
    let pixels = try ImagePixels.read(paths[index])
    return preprocessings.map { $0.crop(pixels) }
  }
}
