import VitqTensor

extension KernelCase {
  static let all: [KernelCase] =
    arithmetic + normalization + softmax + density + gelu + quantization

  private static let arithmetic: [KernelCase] = [
    matrix("add") { $0.add($1.x, $1.y, into: $2) },
    matrix("multiply") { $0.multiply($1.x, $1.y, into: $2) },
    matrix("multiply and add") { $0.multiply($1.x, $1.y, into: $2, accumulates: true) },
    matrix("scale") { $0.scale($1.x, by: 0.3, into: $2) },
    matrix("scale and add") { $0.scale($1.x, by: 0.3, into: $2, accumulates: true) },
    matrix("add row") { $0.add($1.x, row: $1.u, into: $2) },
    matrix("multiply row") { $0.multiply($1.x, row: $1.u, into: $2) },
    matrix("repeat row") { $0.repeatRow($1.u, by: 0.7, into: $2, accumulates: true) },
    row("column sums") { $0.sumColumns(of: $1.x, by: 0.1, into: $2) },
    row("column dots") { $0.sumColumns(ofProduct: $1.x, $1.y, into: $2, accumulates: true) },
    KernelCase(name: "row sums", result: { _ in [rowCount] }) { $0.sumRows(of: $1.x, into: $2) },
    KernelCase(name: "reductions", result: { _ in [4] }) { kernels, operands, result in
      result[0] = Float(kernels.sum(operands.x))
      result[1] = Float(kernels.dot(operands.x, operands.y))
      result[2] = kernels.magnitude(operands.x)
      result[3] = kernels.rowMagnitude(operands.x)
    },
    KernelCase(name: "transposed blocks", result: { [rowCount, $0] }) { kernels, operands, result in
      let width = operands.x.shape.width
      kernels.move(
        BlockCounts(outer: rowCount, inner: width, width: 1), of: operands.x,
        at: BlockStrides(outer: width, inner: 1), to: result,
        at: BlockStrides(outer: 1, inner: rowCount))
    },
    matrix("added blocks") { kernels, operands, result in
      let width = operands.x.shape.width
      kernels.move(
        BlockCounts(outer: 1, inner: rowCount, width: width), of: operands.x,
        at: BlockStrides(outer: 0, inner: width), to: result,
        at: BlockStrides(outer: 0, inner: width), accumulates: true)
    },
    matrix("gathered rows") {
      $0.gatherRows(of: $1.x, from: [2, -1, 0], fill: 7, into: $2, width: $1.x.shape.width)
    },
    matrix("added gathered rows") {
      $0.gatherRows(
        of: $1.x, from: [1, 2, -1], fill: 7, into: $2, width: $1.x.shape.width, accumulates: true)
    },
    matrix("scale columns") {
      $0.scaleColumns(
        of: $1.x, multipliers: $1.u.tensor.elements, offsets: $1.v.tensor.elements, into: $2)
    },
  ]

  private static let normalization: [KernelCase] = [
    KernelCase(name: "layer norm", result: { [rowCount, $0 + 2] }) { kernels, operands, result in
      var (y, statistics) = (Tensor(zeros: operands.x.shape), Tensor(zeros: [2 * rowCount]))
      y.withMutableView { y in
        statistics.withMutableView {
          kernels.layerNorm(
            operands.x, gamma: operands.u, beta: operands.v, epsilon: 1e-6, into: y,
            statistics: $0)
        }
      }
      result.copy(from: y.elements + statistics.elements)
    },
    matrix("layer norm backward") {
      $0.layerNormBackward(
        $1.x, gamma: $1.u, statistics: $1.statistics, cotangent: $1.y, into: $2,
        accumulates: true)
    },
    row("layer norm backward gamma") {
      $0.layerNormBackwardGamma(
        $1.x, statistics: $1.statistics, cotangent: $1.y, into: $2, accumulates: false)
    },
    KernelCase(name: "adam", result: { [3, rowCount, $0] }) { kernels, operands, result in
      var first = operands.y.tensor
      var second = Tensor(operands.z.shape, operands.z.elements.map(abs))
      var x = operands.x.tensor
      first.withMutableView { first in
        second.withMutableView { second in
          x.withMutableView {
            kernels.adam(
              AdamRates(rate: 0.1), step: 7, gradient: operands.y, firstMoment: first,
              secondMoment: second, parameters: $0)
          }
        }
      }
      result.copy(from: x.elements + first.elements + second.elements)
    },
  ]

  private static let softmax: [KernelCase] = [
    matrix("softmax") { $0.softmax($1.x, factor: 1.442695, into: $2) },
    matrix("log softmax") { $0.logSoftmax($1.x, factor: 1.442695, into: $2) },
    matrix("attention bias") {
      $0.attentionBias($1.x, scale: 0.3, zeroPoint: 2, bias: $1.y, mask: nil, into: $2)
    },
    matrix("attention bias and mask") {
      $0.attentionBias($1.x, scale: 0.3, bias: $1.y, mask: $1.z, into: $2)
    },
    matrix("softmax backward") {
      $0.softmaxBackward(probabilities: $1.x, cotangent: $1.y, into: $2, accumulates: true)
    },
    matrix("log softmax backward") {
      $0.logSoftmaxBackward(logarithms: $1.x, cotangent: $1.y, into: $2, accumulates: false)
    },
  ]

  private static let density: [KernelCase] = [
    matrix("density") {
      $2.fill(Float($0.density(of: $1.x, at: 0.7, bandwidth: 0.9)))
    },
    matrix("density slope") {
      $0.densitySlope(
        of: $1.x, at: 0.7, bandwidth: 0.9, slope: 3, into: $2, accumulates: true)
    },
  ]

  private static let gelu: [KernelCase] = [
    matrix("gelu erf") { $0.geluErf($1.x, into: $2) },
    matrix("gelu tanh") { $0.geluTanh($1.x, into: $2) },
    matrix("gelu polynomial") { $0.geluPolynomial($1.x, into: $2) },
    matrix("gelu erf backward") {
      $0.geluErfBackward($1.x, cotangent: $1.y, into: $2, accumulates: false)
    },
    matrix("gelu tanh backward") {
      $0.geluTanhBackward($1.x, cotangent: $1.y, into: $2, accumulates: true)
    },
    matrix("gelu polynomial backward") {
      $0.geluPolynomialBackward($1.x, cotangent: $1.y, into: $2, accumulates: false)
    },
  ]

  private static let coding = UniformCoding(
    step: 0.3, inverseStep: 1 / 0.3, zeroPoint: 6, codes: 0...15)
  private static let logCoding = LogCoding(
    stepsPerOctave: 2, offset: -1, unit: 0.5, levels: (0..<16).map { Float(100 - 5 * $0) })

  private static let tableCoding = TableCoding(
    slope: -60, offset: 100, values: (0..<256).map { Float(($0 * 37) % 256) / 7 })

  private static let quantization: [KernelCase] = [
    matrix("decode") { $0.decode($1.x, scale: 0.2, zeroPoint: 3, into: $2) },
    matrix("quantize") { $0.quantize($1.x, scale: 1.1, zeroPoint: 0.5, coding, into: $2) },
    matrix("fake quantize") { $0.fakeQuantize($1.x, coding, into: $2) },
    matrix("fake quantize backward") {
      $0.fakeQuantizeBackward($1.x, coding, cotangent: $1.y, into: $2, accumulates: true)
    },
    matrix("fake quantize rows") { $0.quantizeRows($1.x, scale: 1.1, bits: 4, into: $2) },
    KernelCase(name: "quantize rows", result: { [rowCount, $0 + 2] }) { kernels, operands, result in
      let codes = MutableTensorView(operands.x.shape, result.pointer, encoding: .integerRows)
      kernels.quantizeRows(operands.x, scale: 0.9, zeroPoint: 0.25, bits: 8, into: codes)
    },
    matrix("rescale rows") {
      $0.rescaleRows(
        of: $1.x, scales: TensorView([rowCount, 2], $1.statistics.pointer),
        weightSums: $1.u.tensor.elements, weightSteps: $1.v.tensor.elements, bias: $1.u, into: $2)
    },
    matrix("log quantize") { $0.logQuantize($1.x, logCoding, into: $2) },
    matrix("log quantize backward") {
      $0.logQuantizeBackward($1.x, logCoding, cotangent: $1.y, into: $2, accumulates: false)
    },
    matrix("table quantize") {
      $0.tableQuantize($1.x, scale: 0.9, zeroPoint: 0.25, tableCoding, into: $2)
    },
    matrix("log table quantize backward") {
      $0.logTableQuantizeBackward($1.x, tableCoding, cotangent: $1.y, into: $2, accumulates: true)
    },
  ]
}
