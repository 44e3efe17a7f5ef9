package import VitqFormat
import VitqImage

/// A program with its packed weights, ready to be written.
package struct PackedModel {
  package let program: Program
  private let tensors: [OutputTensor]
  private let header: ModelHeader
  private let labels: [Label]

  init(
    program: Program, tensors: [OutputTensor], model: GraphModel, recipe: String, seed: UInt64,
    calibrationImages: [ModelHeader.Source]
  ) {
    self.program = program
    self.tensors = tensors
    labels = model.labels
    var header = ModelHeader(kind: .program, toolVersion: Tool.version)
    header.preprocessing = model.preprocessing.fields
    header.source = model.source
    header.recipe = recipe
    header.seed = seed
    header.attributes = ["architecture": model.architecture]
    header.calibrationImages = calibrationImages
    self.header = header
  }

  /// Writes the model; the path holds the whole file or what it held before.
  package func write(to path: String, overwriting: Bool) throws(KitError) {
    do throws(FileError) {
      try ModelFile.write(
        header, program: program, labels: labels, tensors: tensors, to: path,
        overwriting: overwriting)
    } catch {
      throw KitError(writing: path, error)
    }
  }
}
