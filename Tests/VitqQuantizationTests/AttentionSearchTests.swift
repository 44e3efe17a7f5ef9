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
}
