import VitqFormat
import VitqTensor

/// The bias that makes up for the mean error of a quantized linear layer (method.md 8.5).
///
///     b′ = b + W E[x] − Ŵ E[x̂]
///
/// with x the input before its quantizer and x̂ after it, both on the partly quantized network;
/// E is over all rows of all calibration images.
enum BiasCorrection {
  static func corrected(
    _ bias: Tensor, weight: Tensor, quantizers: [UniformQuantizer], inputMeans: [Double],
    quantizedInputMeans: [Double]
  ) -> Tensor {
    let width = weight.shape.width
    var result = bias
    for n in bias.elements.indices {
      let quantizer = quantizers.count == 1 ? quantizers[0] : quantizers[n]
      var sum = Double(bias.elements[n])
      for k in 0..<width {
        let w = weight.elements[n * width + k]
        let quantized = quantizer.value(of: quantizer.code(of: w))
        sum += Double(w) * inputMeans[k] - Double(quantized) * quantizedInputMeans[k]
      }
      result.elements[n] = Float(sum)
    }
    return result
  }
}
