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
}
