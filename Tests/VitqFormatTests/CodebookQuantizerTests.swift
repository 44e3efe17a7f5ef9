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

  @Test(arguments: [
    CodebookQuantizer(step: 0, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: .nan, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: 1e-45, zeroPoint: 0, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: -1, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: 256, levels: [1]),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: []),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: [2, 2]),
    CodebookQuantizer(step: 1, zeroPoint: 0, levels: [2, 1]),
  ])
  func knowsWhatIsNoCodebook(_ quantizer: CodebookQuantizer) {
    #expect(!quantizer.isValid)
  }
}
