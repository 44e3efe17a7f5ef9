import VitqCheckpoints
import VitqGraph

/// A model with every size and variation that its graph depends on.
protocol Architecture: Equatable, Sendable {
  var traits: ModelTraits { get }
  var imageHeight: Int { get }
  var imageWidth: Int { get }
  var classCount: Int { get }

  /// The graph, with weights from an archive whose entries were checked.
  func graph(weights: any TensorArchive) throws(ArchitectureError) -> Graph
}

/// A family of models that this module builds.
package enum ModelFamily: String, Sendable {
  case visionTransformer = "ViT"
  case swinTransformer = "Swin"
}

/// Checks that an image is cut into patches without rest.
func checkImage(height: Int, width: Int, patchSide: Int) throws(ArchitectureError) {
  for (quantity, side) in [("image height", height), ("image width", width)] {
    try checkRange(quantity, side, patchSide...8192)
    guard side.isMultiple(of: patchSide) else {
      throw .indivisible(quantity: quantity, value: side, by: "the patch side", divisor: patchSide)
    }
  }
}
