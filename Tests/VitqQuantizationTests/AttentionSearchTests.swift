import Foundation
import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct AttentionSearchTests {
  @Test func codesHaveTheRatiosOfTheirBase() {
    let quantizer = LogQuantizer(largest: 0.75, stepsPerOctave: 1, bits: 4)
    let unit: Float = 1 / 32768
    func value(_ logarithm: Float) -> Float {
      let code = Float(-quantizer.stepsPerOctave) * logarithm + quantizer.offset
      let index = Int(min(max(code.rounded(.toNearestOrEven), 0), 16))
      return index < 16 ? Float(quantizer.levels[index]) * unit : 0
    }
    // p = D, p above D, and p too small for any level.
    #expect(abs(value(-0.4150375) - 0.75) <= unit)
    #expect(abs(value(0) - 0.75) <= unit)
    #expect(value(-40) == 0)
    #expect(zip(quantizer.levels, quantizer.levels.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func picksTheQuantileWithTheSmallestError() {
    // Mostly tiny probabilities with a few large ones: the scale must follow the large ones.
    let p = (0..<2000).map { Float($0 < 40 ? 0.6 : 0.0002) }
    let e = p.map { Float($0 > 0.5 ? -0.7369656 : -12.287712) }
    let search = AttentionSearch(stepsPerOctave: 1, bits: 4, percentiles: [0.5, 0.999])
    let (quantizer, error) = search.choose(
      logarithms: [Tensor([2000], e)], probabilities: [Tensor([2000], p)],
      workers: Workers(count: 2))
    #expect(abs(Float(quantizer.levels[0]) / 32768 - 0.6) < 1e-4)
    #expect(error < 1e-3)
  }

  /// Kernels multiply levels of one byte in half the time; 64 levels need the finer units.
  @Test func sixteenLevelsFitAByte() {
    var generator = SplitMix64(seed: 3)
    let p = (0..<4000).map { _ in Float.random(in: 0.0001...0.9, using: &generator) }
    let e = p.map { log2($0) }
    func search(_ bits: Int) -> (quantizer: AttentionTableQuantizer, squaredError: Double) {
      AttentionTableSearch(bits: bits, codes: .codebook).choose(
        logarithms: [Tensor([4000], e)], probabilities: [Tensor([4000], p)],
        workers: Workers(count: 2))
    }
    let coarse = search(4)
    #expect(coarse.quantizer.levels.count == 16)
    #expect((128...255).contains(coarse.quantizer.reduced.levels[0]))
    // Sixteen levels 0.06 apart, errors of up to half that: their mean square is 0.06²/12.
    #expect(coarse.squaredError < 4000 * 0.06 * 0.06 / 12)
    #expect(search(6).quantizer.reduced.levels[0] > 255)
  }

  /// Past 4 bits powers of √2 go on below 2⁻⁷·⁵, until they are 0 in the units of levels.
  @Test(arguments: [5, 6, 8])
  func powersOfRoot2HaveTheirRatio(_ bits: Int) {
    var generator = SplitMix64(seed: 3)
    let e = (0..<4000).map { _ in Float.random(in: -15...0, using: &generator) }
    let p = e.map { exp2($0) }
    let tensors = (logarithms: [Tensor([4000], e)], probabilities: [Tensor([4000], p)])
    let (table, error) = AttentionTableSearch(bits: bits, codes: .logSqrt2).choose(
      logarithms: tensors.logarithms, probabilities: tensors.probabilities,
      workers: Workers(count: 1))
    let levels = table.levels.map(Double.init)
    #expect(table.isValid && (30...33).contains(levels.count) && levels.last == 0)
    for (larger, smaller) in zip(levels, levels.dropFirst()) where smaller > 100 {
      #expect(abs(larger / smaller - 2.0.squareRoot()) < 0.01)
    }
    // Boundaries at ratios of 2^±¼ to a level: a relative error of 10 % root mean square.
    let power = p.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(error < 0.012 * power)
  }
}
