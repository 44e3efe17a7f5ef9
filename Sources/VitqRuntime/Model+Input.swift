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

  /// The input nearest to the one that a tensor [3, inputHeight, inputWidth] was normalised from.
  ///
  /// - Throws: ``RuntimeError``: the model does not say how, the tensor has another size, or a
  ///   value is not finite.
  func crop(ofTensor tensor: Span<Float>) throws(RuntimeError) -> PixelBuffer {
    let preprocessing = try requiredPreprocessing()
    guard tensor.count == 3 * inputHeight * inputWidth else {
      throw RuntimeError(
        .invalidTensor,
        "tensor: wrong size: expected 3 × \(inputHeight) × \(inputWidth) values, "
          + "found \(tensor.count)")
    }
    for index in 0..<tensor.count where !tensor[index].isFinite {
      throw RuntimeError(
        .invalidTensor,
        "tensor: value \(index) is not finite: expected a finite number, found \(tensor[index])")
    }
    return preprocessing.denormalize(tensor)
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
