import VitqFormat
import VitqTensor

/// The codes of a weight matrix in the layout of the runtime, and what scales its sums.
struct PackedWeights {
  let bits: Int
  let outputs: Int
  let inputs: Int
  let panels: [UInt8]
  /// One for each output, as are steps and sums.
  let zeroPoints: [Int8]
  let steps: [Float]
  /// Σₖ (w[n, k] − u[n]).
  let centredSums: [Int]

  /// Quantizes a weight matrix with one quantizer, or with one for each output.
  init(
    _ weight: Tensor, quantizers: [UniformQuantizer], node: String
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
    steps = rows.map(\.step)
    self.centredSums = centredSums
  }

  /// What scales sums of codes of an input with one quantizer.
  func scaling(_ input: UniformQuantizer, bias: [Float]) -> LinearScaling {
    LinearScaling(
      inputStep: input.step, inputZeroPoint: Float(input.zeroPoint), weightSteps: steps,
      centredWeightSums: centredSums, bias: bias)
  }
}
