extension Session {
  /// The logits of a normalised tensor [3, ``Model/inputHeight``, ``Model/inputWidth``].
  ///
  /// Channels are R, G, B, rows from the top, values those of ``Preprocessing/normalize(_:)`` with
  /// the model's own mean and deviation. A program reads bytes: a value x is rounded to the byte
  /// nearest to (x · deviation + mean) · 255, halves to even, within 0 … 255. A tensor that the
  /// model's own ``Model/preprocessing`` makes of an image gives the logits of that image, bit for
  /// bit.
  ///
  /// - Throws: ``RuntimeError``: the tensor has another size or a value that is not finite, or the
  ///   model does not say how images are prepared.
  public mutating func logits(ofTensor tensor: Span<Float>) throws(RuntimeError) -> [Float] {
    let crop = try model.crop(ofTensor: tensor)
    return try run(crop)
  }

  /// The `count` most likely classes of a normalised tensor, likeliest first; see
  /// ``logits(ofTensor:)``.
  public mutating func classify(
    tensor: Span<Float>, top count: Int = 5
  ) throws(RuntimeError) -> [Prediction] {
    Prediction.top(count, of: try logits(ofTensor: tensor), labels: model.labels)
  }
}
