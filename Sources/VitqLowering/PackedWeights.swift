import VitqFormat
import VitqTensor

/// The codes of a weight matrix in the layout of the runtime, and what scales its sums.
struct PackedWeights {
  let bits: Int
  let outputs: Int
  let inputs: Int
  let panels: [UInt8]
  let zeroPoints: [Int8]
  let scaling: LinearScaling

  /// Quantizes a weight matrix with one quantizer, or with one for each output.
  init(
    _ weight: Tensor, quantizers: [UniformQuantizer], bias: [Float], node: String,
    inputQuantizer: UniformQuantizer
  ) throws(LoweringError) {
    outputs = weight.shape[0]
    inputs = weight.shape[1]
    let lowest = quantizers.map(\.minimumCode).min() ?? 0
    let highest = quantizers.map(\.maximumCode).max() ?? 0
    let zeros = quantizers.map(\.zeroPoint)
    let all = [lowest, highest] + zeros
    guard let least = all.min(), let largest = all.max(), least >= -128, largest <= 127 else {
      throw .unsupportedCodes(
        node: node, expected: -128...127, found: (all.min() ?? 0)...(all.max() ?? 0))
    }
    bits = lowest >= -8 && highest <= 7 ? 4 : 8

    var codes: [Int8] = []
    codes.reserveCapacity(outputs * inputs)
    var centredSums: [Int] = []
    let rows = (0..<outputs).map { quantizers.count == 1 ? quantizers[0] : quantizers[$0] }
    for (n, quantizer) in rows.enumerated() {
      var sum = 0
      for k in 0..<inputs {
        let code = quantizer.code(of: weight.elements[n * inputs + k])
        sum += code - quantizer.zeroPoint
        codes.append(Int8(code))
      }
      centredSums.append(sum)
    }
    panels = PanelLayout(outputs: outputs, inputs: inputs, bits: bits).pack(codes)
    zeroPoints = rows.map { Int8($0.zeroPoint) }
    scaling = LinearScaling(
      inputStep: inputQuantizer.step, inputZeroPoint: Float(inputQuantizer.zeroPoint),
      weightSteps: rows.map(\.step), centredWeightSums: centredSums, bias: bias)
  }
}
