import Testing
import VitqFormat

/// The largest sums that a program may lead to, at both sides of 2³¹.
struct IntegerBoundsTests {
  /// A zero point adds to the largest weight.
  ///
  ///     2³¹ / (255 · 128) = 65 793.0…    2³¹ / (255 · 144) = 58 482.6…
  @Test(
    arguments: [
      (65_793, 0, true), (65_794, 0, false), (58_482, 16, true), (58_483, 16, false),
    ])
  func limitsTheDepthOfALinearLayer(_ inputs: Int, _ zeroPoint: Int, _ isValid: Bool) {
    #expect(
      accepts { () throws(ProgramError) in
        try IntegerBounds.checkLinear(
          inputs: inputs, largestZeroPoint: zeroPoint, ProgramPlace("weights.inputs"))
      } == isValid)
  }

  @Test(arguments: [(65_793, true), (65_794, false)])
  func limitsTheWidthOfAHead(_ headWidth: Int, _ isValid: Bool) {
    #expect(
      accepts { () throws(ProgramError) in
        try IntegerBounds.checkScores(headWidth: headWidth, ProgramPlace("headWidth"))
      } == isValid)
  }

  /// Levels that do not fall with the probability are bound by the number of tokens alone:
  /// 512 · 2¹⁵ · 128 = 2³¹.
  @Test(arguments: [(511, true), (512, false)])
  func limitsTheTokensOfAConstantTable(_ tokens: Int, _ isValid: Bool) {
    let levels = [UInt16](repeating: 1 << 15, count: 16)
    let quantizer = LogQuantizer(stepsPerOctave: 1, offset: 0, levels: levels)
    #expect(accepts(quantizer, tokens: tokens) == isValid)
  }

  @Test(arguments: [1, 2], [1, 0.7, 0.01] as [Float])
  func allowsManyTokensWithTheTablesOfTheMethod(_ stepsPerOctave: Int, _ largest: Float) {
    let quantizer = LogQuantizer(largest: largest, stepsPerOctave: stepsPerOctave, bits: 4)
    #expect(accepts(quantizer, tokens: 65_536))
  }

  @Test(arguments: [(1 / 255, true), (1e-30, false)] as [(Float, Bool)])
  func limitsTheCodesOfProbabilities(_ step: Float, _ isValid: Bool) {
    let quantizer = UniformQuantizer(
      step: step, zeroPoint: 0, minimumCode: 0, maximumCode: 255)
    #expect(
      accepts { () throws(ProgramError) in
        try IntegerBounds.check(quantizer, tokens: 65_797) { ProgramPlace($0) }
      } == isValid)
  }

  private func accepts(_ quantizer: LogQuantizer, tokens: Int) -> Bool {
    accepts { () throws(ProgramError) in
      try IntegerBounds.check(quantizer, tokens: tokens) { ProgramPlace($0) }
    }
  }

  private func accepts(_ check: () throws(ProgramError) -> Void) -> Bool {
    do {
      try check()
      return true
    } catch {
      return false
    }
  }
}
