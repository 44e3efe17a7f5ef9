import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct ActivationSearchTests {
  private let workers = Workers(count: 1)

  @Test func theFractionOneIsTheWholeRange() {
    let search = ActivationSearch(bits: 4, percentiles: [1])
    let choice = search.choose([Tensor([4], [-1, 0, 0.5, 2])], workers: workers)
    #expect(
      choice.quantizer
        == UniformQuantizer(step: 0.2, zeroPoint: 5, minimumCode: 0, maximumCode: 15))
  }

  @Test(arguments: [[Float](repeating: 0, count: 8), [-3, -2, -1], [0.5, 1, 4]])
  func rangesIncludeZero(_ numbers: [Float]) {
    let search = ActivationSearch(bits: 8, percentiles: [0.99, 1])
    let choice = search.choose([Tensor([numbers.count], numbers)], workers: workers)
    #expect((0...255).contains(choice.quantizer.zeroPoint))
    #expect(choice.quantizer.step > 0)
    #expect(choice.quantizer.value(of: choice.quantizer.code(of: 0)) == 0)
  }

  @Test func moreCandidatesNeverIncreaseTheError() {
    let values = normalValues()
    var last = Double.infinity
    for percentiles in [[1], [1, 0.999], [1, 0.999, 0.99], [1, 0.999, 0.99, 0.9]] {
      let search = ActivationSearch(bits: 4, percentiles: percentiles)
      let error = search.choose(values, workers: workers).squaredError
      #expect(error <= last)
      last = error
    }
  }

  @Test(arguments: 4...8)
  func quantizingTwiceIsQuantizingOnce(_ bits: Int) {
    let values = normalValues()
    let search = ActivationSearch(bits: bits, percentiles: [0.999])
    let quantizer = search.choose(values, workers: workers).quantizer
    for x in values[0].elements {
      let once = quantizer.value(of: quantizer.code(of: x))
      #expect(quantizer.value(of: quantizer.code(of: once)) == once)
      #expect((0...(1 << bits) - 1).contains(quantizer.code(of: x)))
    }
  }

  @Test func centredCodesFitASignedByte() {
    let search = ActivationSearch(bits: 8, percentiles: [0.999, 1], isCentred: true)
    let quantizer = search.choose(normalValues(), workers: workers).quantizer
    #expect(quantizer.zeroPoint == 128)
    #expect(quantizer.maximumCode - quantizer.zeroPoint == 127)
    #expect(quantizer.minimumCode - quantizer.zeroPoint == -128)
  }

  private func normalValues() -> [Tensor] {
    var generator = SplitMix64(seed: 6)
    return (0..<3).map { _ in
      let terms = (0..<6).map { _ in generator.floats(500) }
      return Tensor([500], (0..<500).map { i in terms.reduce(0) { $0 + $1[i] } })
    }
  }
}
