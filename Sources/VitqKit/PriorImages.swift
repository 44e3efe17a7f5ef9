import VitqFormat
import VitqSynthesis
import VitqTensor

/// Real images whose attention is the prior of synthesis: not data-free.
struct PriorImages {
  /// What the plan of the run and the model state of them.
  let files: [ModelHeader.Source]
  private let paths: [String]

  /// Draws them from their folder; `nil` if the options use none.
  ///
  /// - Throws: ``KitError`` if the folder or a file cannot be read.
  init?(of options: SynthesisOptions) throws(KitError) {
    guard let folder = options.referenceFolder else { return nil }
    paths = try CalibrationImages.drawn(options.imageCount, from: folder, seed: options.seed).paths
    files = try paths.map { path throws(KitError) in
      CalibrationImages.source(try ImagePixels.bytes(of: path), path, in: folder)
    }
  }

  /// The images as the model reads them, [3, H, W].
  ///
  /// - Throws: ``KitError`` if one cannot be read.
  func tensors(for model: GraphModel) throws(KitError) -> [Tensor] {
    try paths.map { path throws(KitError) in
      try CalibrationImages.image(ImagePixels.bytes(of: path), path, model)
    }
  }
}
