import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// A quantizer of a value, how it was chosen and what it does to the value.
struct ActivationQuantizer {
  var operation: any Operation
  var bits: Int
  /// The values of the lowest and the highest code.
  var codedRange: ClosedRange<Float>
  var squaredError: Double

  init(_ quantizer: UniformQuantizer, squaredError: Double) {
    operation = FakeQuantize([quantizer])
    bits = (quantizer.maximumCode - quantizer.minimumCode + 1).trailingZeroBitCount
    codedRange =
      quantizer.value(of: quantizer.minimumCode)...quantizer.value(of: quantizer.maximumCode)
    self.squaredError = squaredError
  }

  init(_ quantizer: CodebookQuantizer, bits: Int, squaredError: Double) {
    operation = FakeQuantizeCodebook(quantizer)
    self.bits = bits
    let values = quantizer.levels.map { quantizer.grid.value(of: Int($0)) }
    codedRange = (values.first ?? 0)...(values.last ?? 0)
    self.squaredError = squaredError
  }

  /// Of attention probabilities, by their logarithms.
  init(_ quantizer: LogQuantizer, bits: Int, squaredError: Double) {
    operation = FakeQuantizeLog(quantizer)
    self.bits = bits
    codedRange = 0...Float(quantizer.levels.max() ?? 0) / 32768
    self.squaredError = squaredError
  }

  init(_ quantizer: AttentionTableQuantizer, bits: Int, squaredError: Double) {
    operation = FakeQuantizeAttentionTable(quantizer)
    self.bits = bits
    let lowest = Float(quantizer.levels.last ?? 0) / 32768
    codedRange = lowest...Float(quantizer.levels.first ?? 0) / 32768
    self.squaredError = squaredError
  }

  /// One that each row gives itself, given the value on each image.
  init(byRow values: [Tensor], bits: Int, workers: Workers) {
    operation = FakeQuantizeRows(bits: bits)
    self.bits = bits
    let parts = workers.map(values.count) {
    } body: { _, i in
      Self.rounded(values[i], bits: bits)
    }
    let low = parts.map(\.range.lowerBound).min() ?? 0
    codedRange = low...(parts.map(\.range.upperBound).max() ?? low)
    squaredError = parts.reduce(0) { $0 + $1.squaredError }
  }

  /// The range of a value whose rows have quantizers of their own, and the squared error.
  private static func rounded(
    _ value: Tensor, bits: Int
  ) -> (range: ClosedRange<Float>, squaredError: Double) {
    var result = Tensor(zeros: value.shape)
    value.withView { x in
      result.withMutableView { VectorKernels.current.quantizeRows(x, bits: bits, into: $0) }
    }
    let low = result.elements.min() ?? 0
    let range = low...(result.elements.max() ?? low)
    var squaredError = 0.0
    value.withView { x in
      result.withMutableView { y in
        VectorKernels.current.scale(x, by: -1, into: y, accumulates: true)
        squaredError = VectorKernels.current.dot(y.view, y.view)
      }
    }
    return (range, squaredError)
  }

  /// The best quantizer for a value, given the value on each image.
  ///
  /// Codes of keys and values, which are `isCentred`, are uniform whatever `codes` says: the runtime
  /// stores them less their zero point, in the middle of 8 bits. Others that are not uniform are
  /// levels on a grid of `gridBits`; a codebook of as many bits is all of the grid.
  static func choose(
    _ values: [Tensor], codes: QuantizationRecipe.ActivationCodes, bits: Int, gridBits: Int,
    percentiles: [Double], isCentred: Bool, workers: Workers
  ) -> ActivationQuantizer {
    let isGrid = codes == .codebook && bits >= gridBits
    if codes == .uniform || isGrid || isCentred {
      let search = ActivationSearch(
        bits: bits, percentiles: percentiles, isCentred: isCentred && bits == 8)
      let choice = search.choose(values, workers: workers)
      return ActivationQuantizer(choice.quantizer, squaredError: choice.squaredError)
    }
    let search = CodebookSearch(
      bits: bits, gridBits: gridBits, percentiles: percentiles, codes: codes)
    let choice = search.choose(values, workers: workers)
    return ActivationQuantizer(
      choice.quantizer, bits: bits, squaredError: choice.squaredError)
  }
}
