import Foundation
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
      $0.levels = (0..<257).reversed()
      $0.thresholds = (1..<257).map { UInt8(clamping: $0) }
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
    for spacing in [8, 16] {
      let powers = (0..<15).map { exp2(Double(-spacing * $0) / 16) }
      let table = AttentionTableQuantizer(
        stepsPerOctave: 16, offset: 0, levels: powers.map { UInt16(32768 * $0) } + [0],
        thresholds: (1...15).map { UInt8(spacing * $0 - spacing / 2) })
      #expect(table.isValid && fits(table, tokens: 65_536))
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
}
