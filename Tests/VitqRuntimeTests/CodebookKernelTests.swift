import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

struct CodebookKernelTests {
  static let levelCounts = [1, 2, 3, 8, 15, 16, 17, 33, 64, 255, 256]

  /// Every code in every position of a vector.
  @Test(arguments: InstructionSet.available, levelCounts)
  func everyCodeBecomesTheNearestLevel(_ set: InstructionSet, _ levelCount: Int) {
    let levels = Self.levels(levelCount, seed: UInt64(levelCount))
    let expected = CodebookQuantizer(step: 1, zeroPoint: 0, levels: levels).map
    for columns in [1, 31, 32, 33, 64, 65, 100, 257] {
      let codes = KernelMatrix<UInt8>(rows: 9, columns: columns) { index in
        UInt8(truncatingIfNeeded: index * 7 + index / columns)
      }
      let before = codes.elements
      var codebook = vitq_codebook(levels: levels)
      kernels(set).u8_codebook?(&codebook, 9, columns, codes.pointer, codes.stride)
      #expect(codes.elements == before.map { expected[Int($0)] })
      #expect(codes.isCanaryAlive)
    }
  }

  static func levels(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return (0...255).shuffled(using: &generator).prefix(count).sorted().map { UInt8($0) }
  }
}
