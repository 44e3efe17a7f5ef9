import Testing
import VitqFormat

struct CodebookQuantizerTests {
  @Test(
    arguments: [
      [0], [255], [17, 18], [0, 255], [3, 9, 10, 11, 40, 41, 90, 200], (0..<256).map { UInt8($0) },
    ] as [[UInt8]])
  func mapsEachCodeToTheNearestLevelAndTiesToTheLowerOne(_ levels: [UInt8]) {
    let quantizer = CodebookQuantizer(step: 0.1, zeroPoint: 9, levels: levels)
    #expect(quantizer.isValid)
    let nearest = (0..<256).map { code in
      levels.min { abs(Int($0) - code) < abs(Int($1) - code) }
    }
    #expect(quantizer.map == nearest)
  }

  static let defects = [
    CodebookQuantizer(step: 0, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: .nan, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: .leastNonzeroMagnitude, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: -1, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: 256, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: []),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: [2, 2]),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: [2, 1]),
  ]

  @Test(arguments: defects)
  func knowsWhatIsNoCodebook(_ quantizer: CodebookQuantizer) {
    #expect(!quantizer.isValid)
  }

  @Test func aGridHoldsTheGivenValues() throws {
    let values: [Float] = [-0.17, -0.1, 0, 0.02, 0.5, 1.25, 4, 4.001]
    for count in [2, 16, 64, 256] {
      let quantizer = try #require(CodebookQuantizer(values: values, gridCodeCount: count))
      #expect(quantizer.isValid)
      #expect(quantizer.levels.allSatisfy { $0 < count })
      for value in values {
        let nearest = quantizer.levels.map { quantizer.grid.value(of: Int($0)) - value }
          .map(abs).min()
        #expect(try #require(nearest) <= quantizer.step)
      }
    }
    #expect(CodebookQuantizer(values: values)?.levels.count == 7)
  }

  @Test(arguments: [[], [0, 0], [.nan, 1], [.infinity], [.leastNonzeroMagnitude]] as [[Float]])
  func noGridHolds(_ values: [Float]) {
    #expect(CodebookQuantizer(values: values) == nil)
  }
}
