import Testing
import VitqFormat

struct AttentionTableQuantizerTests {
  static let sample = AttentionTableQuantizer(
    stepsPerOctave: 16, offset: 0, levels: [32768, 900, 0], thresholds: [40, 255])

  @Test func aLevelStartsAtItsThreshold() {
    #expect(Self.sample.isValid)
    let expected = Array(repeating: 0, count: 40) + Array(repeating: 1, count: 215) + [2]
    #expect(Self.sample.indices == expected)
    #expect(Self.sample.levelOfCode == expected.map { Self.sample.levels[$0] })
  }

  /// 6144 = 2¹¹ · 3 and 32 000 = 2⁸ · 125.
  @Test func levelsAreReducedByTheirCommonDivisor() {
    var table = Self.sample
    table.levels = [32_000, 6144, 0]
    #expect(table.unit == Float(1) / 128)
    #expect(table.reduced.levels == [125, 24, 0])
    #expect(table.reduced.thresholds == table.thresholds)
    table.levels = [32_768, 7, 0]
    #expect(table.reduced == table && table.unit == Float(1) / 32_768)
    table.levels = [0]
    #expect(table.reduced.levels == [0])
  }

  static let defects: [@Sendable (inout AttentionTableQuantizer) -> Void] = [
    { $0.stepsPerOctave = 0 }, { $0.stepsPerOctave = .infinity }, { $0.offset = .nan },
    { $0.levels = [] }, { $0.levels = [1, 2, 3] }, { $0.levels = [3, 3, 2] },
    { $0.levels[0] = 32769 }, { $0.thresholds = [0, 4] }, { $0.thresholds = [4, 4] },
    { $0.thresholds = [5, 4] }, { $0.thresholds = [5] },
    {
      $0.levels = (0..<65).reversed()
      $0.thresholds = (1..<65).map { $0 }
    },
  ]

  @Test(arguments: defects.indices)
  func knowsWhatIsNoTable(_ index: Int) {
    var table = Self.sample
    Self.defects[index](&table)
    #expect(!table.isValid)
  }

  // MARK: Bounds

  /// 511 · 2¹⁵ · 128 < 2³¹ ≤ 512 · 2¹⁵ · 128, whatever is known of probabilities.
  @Test(arguments: [(511, true), (512, false)])
  func oneLevelBoundsTheNumberOfTokens(_ tokens: Int, _ isValid: Bool) {
    let table = AttentionTableQuantizer(
      stepsPerOctave: 16, offset: 0, levels: [32768], thresholds: [])
    #expect(fits(table, tokens: tokens) == isValid)
  }

  @Test func aTableThatEndsInZeroFitsAnyNumberOfTokens() {
    for bits in 2...6 {
      #expect(fits(.log2(bits: min(bits, 4), endsInZero: true), tokens: 65_536))
      #expect(fits(.logSqrt2(bits: min(bits, 4), endsInZero: true), tokens: 65_536))
    }
  }

  private func fits(_ table: AttentionTableQuantizer, tokens: Int) -> Bool {
    do throws(ProgramError) {
      try IntegerBounds.check(table, tokens: tokens) { ProgramPlace($0) }
      return true
    } catch {
      return false
    }
  }

  // MARK: Constructions

  @Test func powersOfTwoAreTheLevelsOfTheLogarithmicQuantizer() {
    for (steps, table) in [
      (1, AttentionTableQuantizer.log2(bits: 4, largest: 0.5)),
      (2, .logSqrt2(bits: 4, largest: 0.5)),
    ] {
      let log = LogQuantizer(largest: 0.5, stepsPerOctave: steps, bits: 4)
      #expect(table.isValid && table.levels.count <= 16)
      #expect(table.stepsPerOctave == Float(steps) && table.offset == log.offset)
      let levels = Array(table.levelOfCode.prefix(15))
      #expect(levels == log.levels.prefix(15).map { max($0, 1) })
    }
  }

  @Test(arguments: 1...6, [1.04, 1.19, 2.0.squareRoot(), 2, 3.7])
  func powersOfAnyBaseAreValid(_ bits: Int, _ base: Double) {
    for endsInZero in [false, true] {
      let table = AttentionTableQuantizer.adaLog(
        bits: bits, base: base, largest: 0.9, endsInZero: endsInZero)
      #expect(table.isValid)
      #expect(table.levels.count <= 1 << bits)
      #expect((table.levels.last == 0) == endsInZero)
      #expect(table.levels.first == 29491)
      let ratio = Double(table.levels[0]) / Double(table.levels[1])
      if bits > 1 { #expect(abs(ratio - base) < 0.001) }
    }
  }

  @Test(arguments: [
    [1, 0.5, 0.25, 0], [0.9, 0.3, 0.1, 0.03, 0.004, 0.0005, 0], [0.2],
    (0..<64).map { 1 / Double($0 + 1) },
  ])
  func aProbabilityGetsTheNearestLevel(_ values: [Double]) {
    let table = AttentionTableQuantizer.levels(values.shuffled())
    #expect(table.isValid)
    #expect(Set(table.levels).isSubset(of: values.map { UInt16(($0 * 32768).rounded()) }))
    let units = values.map { ($0 * 32768).rounded() }
    var p = 32768.0
    for (code, level) in table.levelOfCode.enumerated() {
      let distance = units.map { abs($0 - p) }.min() ?? 0
      #expect(abs(abs(Double(level) - p) - distance) < 1e-6, "code \(code)")
      p *= 0.957_603_280_698_573_6
    }
  }
}
