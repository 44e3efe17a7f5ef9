import Testing
import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct WeightSearchTests {
  @Test(arguments: [3, 4, 6, 8])
  func aRowOnTheGridIsExact(_ bits: Int) {
    let low = Float(-(1 << (bits - 1)))
    let row = (0..<(1 << bits)).map { (low + Float($0)) * 0.25 }
    let choice = WeightSearch(bits: bits, codes: .asymmetric).choose(
      Tensor([1, row.count], row), workers: Workers(count: 1))
    #expect(choice.squaredError == 0)
    #expect(choice.quantizers[0].step == 0.25)
  }

  @Test func asymmetricCodesSuitOneSidedRows() {
    var generator = SplitMix64(seed: 2)
    let weight = Tensor([4, 96], generator.floats(384).map { $0 * 0.5 + 0.4 })
    let errors = [QuantizationRecipe.WeightCodes.asymmetric, .symmetric].map {
      WeightSearch(bits: 4, codes: $0).choose(weight, workers: Workers(count: 2)).squaredError
    }
    #expect(errors[0] < errors[1])
  }

  @Test func moreBitsNeverIncreaseTheError() {
    var generator = SplitMix64(seed: 3)
    let weight = Tensor([4, 96], generator.floats(384))
    let errors = (3...8).map {
      WeightSearch(bits: $0, codes: .asymmetric).choose(weight, workers: Workers(count: 1))
        .squaredError
    }
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func oneScaleSuitsTheWholeMatrix() {
    var generator = SplitMix64(seed: 4)
    let weight = Tensor(
      [4, 96], generator.floats(384).enumerated().map { $1 * Float(1 + $0 / 96) })
    func choose(_ weight: Tensor, _ scales: QuantizationRecipe.WeightScales)
      -> WeightSearch.Choice
    {
      WeightSearch(bits: 4, codes: .asymmetric, scales: scales)
        .choose(weight, workers: Workers(count: 2))
    }
    let whole = choose(weight, .perTensor)
    let asOneRow = choose(weight.reshaped(to: [1, 384]), .perChannel)
    #expect(whole.quantizers == Array(repeating: asOneRow.quantizers[0], count: 4))
    #expect(whole.squaredError == asOneRow.squaredError)
    #expect(choose(weight, .perChannel).squaredError < 0.7 * whole.squaredError)
  }

  @Test func zeroRowsHaveAUsableStep() {
    let choice = WeightSearch(bits: 4, codes: .asymmetric).choose(
      Tensor(zeros: [2, 8]), workers: Workers(count: 1))
    #expect(choice.quantizers.allSatisfy { $0.step > 0 && $0.code(of: 0) == $0.zeroPoint })
  }
}
