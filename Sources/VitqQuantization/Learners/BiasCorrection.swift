package import VitqFormat
package import VitqTensor

/// The bias that makes up for the mean error of a quantized linear layer (method.md 8.5).
///
///     b′ = b + W E[x] − Ŵ E[x̂]
///
/// with Ŵ the values of the codes of `rounded`, and x the input before its quantizer, x̂ after it,
/// both in the partly quantized network; E is over all rows of all calibration images.
package enum BiasCorrection {
  /// b′ as above.
  package static func corrected(
    _ bias: Tensor, weight: Tensor, quantizers: [UniformQuantizer], rounded: Tensor,
    inputMeans: [Double], quantizedInputMeans: [Double]
  ) -> Tensor {
    let width = weight.shape.width
    var result = bias.elements
    for n in bias.elements.indices {
      let quantizer = quantizers.count == 1 ? quantizers[0] : quantizers[n]
      var sum = Double(bias.elements[n])
      for k in 0..<width {
        sum += Double(weight.elements[n * width + k]) * inputMeans[k]
        let code = quantizer.code(of: rounded.elements[n * width + k])
        sum -= Double(quantizer.value(of: code)) * quantizedInputMeans[k]
      }
      result[n] = Float(sum)
    }
    return Tensor(bias.shape, result)
  }
}
