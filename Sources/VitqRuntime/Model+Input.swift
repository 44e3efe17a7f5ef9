import VitqImage

extension Model {
  /// The input that the model's own preprocessing makes of an image.
  ///
  /// - Throws: ``RuntimeError``: the model does not say how, or a side is not 1 to 65 535 pixels.
  func crop(of image: PixelBuffer) throws(RuntimeError) -> PixelBuffer {
    let preprocessing = try requiredPreprocessing()
    try PixelBuffer.validate(width: image.width, height: image.height)
    return preprocessing.crop(image)
  }

  private func requiredPreprocessing() throws(RuntimeError) -> Preprocessing {
    guard let preprocessing else {
      throw RuntimeError(
        .missingPreprocessing,
        "model: no preprocessing: expected an image of \(inputWidth) × \(inputHeight) pixels "
          + "that is run as it is")
    }
    return preprocessing
  }
}
