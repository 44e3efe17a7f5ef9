package import VitqTensor

/// The mean of each channel that leaves a layer normalisation, moved to the next layers.
///
///     β ← β − m      b ← b + W m
///
/// One zero point then suits all channels. Exact in full precision.
package struct ChannelCentring: Sendable {
  /// m.
  package let means: [Double]

  /// The means over all rows of the result of the normalisation on each image, [N, C].
  package init(_ values: [Tensor]) { means = InputStatistics.means(values) }

  /// β − m.
  package func centred(beta: Tensor) -> Tensor {
    Tensor(beta.shape, zip(beta.elements, means).map { Float(Double($0) - $1) })
  }

  /// b + W m.
  package func shifted(bias: Tensor, weight: Tensor) -> Tensor {
    let width = weight.shape.width
    return Tensor(
      bias.shape,
      bias.elements.enumerated().map { row, value in
        var sum = Double(value)
        for c in 0..<width { sum += Double(weight.elements[row * width + c]) * means[c] }
        return Float(sum)
      })
  }
}
