import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqImage
import VitqTensor

/// The outputs of the blocks of a full-precision model for one image.
package enum BlockOutputs {
  /// Writes the output of block i to `block.i.npy` in a folder.
  ///
  /// - Parameters:
  ///   - path: A full-precision `.vitq` file.
  ///   - image: A PNG or JPEG file.
  ///   - folder: An existing folder.
  /// - Throws: ``KitError``.
  package static func write(of path: String, image: String, to folder: String) throws(KitError) {
    let model = try GraphModel(path: path)
    var blocks: [NodeID] = []
    while let id = model.graph.landmarks[.blockOutput(block: blocks.count)] { blocks.append(id) }
    guard let input = model.graph.landmarks[.image] else {
      throw KitError(.malformedInput, "\(path): graph: expected an image")
    }
    let crop = model.preprocessing.crop(try ImagePixels.read(image))
    let evaluator = Evaluator(
      model.graph, constants: ConstantPool(model.graph), keeping: blocks)
    evaluator.input(input).copy(from: model.inputValues(of: crop))
    evaluator.forward()
    for (index, block) in blocks.enumerated() {
      let value = evaluator.value(block).tensor
      try NumPyArray(shape: value.shape.dimensions, elements: value.elements)
        .write(to: Self.path(ofBlock: index, in: folder))
    }
  }

  /// Where the output of a block goes.
  package static func path(ofBlock index: Int, in folder: String) -> String {
    "\(folder)/block.\(index).npy"
  }
}
