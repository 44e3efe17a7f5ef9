import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

/// Attention whose probabilities go through a table.
struct AttentionTableKernelTests {
  static let shapes = AttentionKernelTests.shapes.filter(\.isLog)

  @Test(arguments: vectorSets, shapes)
  func everyKernelEqualsTheReference(_ set: InstructionSet, _ shape: AttentionShape) {
    for levelCount in [1, 2, 15, 16, 17, 40, 64] {
      var layer = AttentionCase(shape, seed: 6)
      layer.attention.setTable(Self.table(levelCount, seed: UInt64(levelCount)))
      #expect(layer.run(set) == layer.run(.scalar))
    }
  }

  /// A table of the levels of the logarithmic quantizer, one fine code each, gives its results.
  @Test(arguments: InstructionSet.available, shapes)
  func aTableOfPowersIsTheLogarithmicQuantizer(_ set: InstructionSet, _ shape: AttentionShape) {
    var layer = AttentionCase(shape, seed: 7)
    let expected = layer.run(.scalar)
    let used = layer.log.levels.prefix { $0 > 0 }
    layer.attention.setTable(
      AttentionTableQuantizer(
        stepsPerOctave: Float(layer.log.stepsPerOctave), offset: layer.log.offset,
        levels: used + [0], thresholds: (0..<used.count).map { UInt8($0 + 1) }))
    #expect(layer.run(set) == expected)
  }

  private static func table(_ count: Int, seed: UInt64) -> AttentionTableQuantizer {
    var generator = SplitMix64(seed: seed)
    let levels = (0..<32768).shuffled(using: &generator).prefix(count - 1) + [32768]
    let thresholds = (1...255).shuffled(using: &generator).prefix(count - 1)
    return AttentionTableQuantizer(
      stepsPerOctave: 16, offset: -2.5, levels: levels.sorted(by: >).map { UInt16($0) },
      thresholds: thresholds.sorted().map { UInt8($0) })
  }
}
