import Testing
import VitqFormat
import VitqTestSupport

struct PanelLayoutTests {
  /// Sizes below, at and above the sides of a panel, and odd ones.
  static let sizes = [(1, 1), (31, 33), (32, 32), (33, 31), (40, 7), (64, 96), (65, 100)]

  @Test(arguments: sizes, [4, 8])
  func unpacksWhatItPacked(_ size: (Int, Int), _ bits: Int) {
    let layout = PanelLayout(outputs: size.0, inputs: size.1, bits: bits)
    var generator = SplitMix64(seed: UInt64(size.0 * 1000 + size.1))
    let codes = (0..<size.0 * size.1).map { _ in
      Int8(Int.random(in: layout.codes, using: &generator))
    }
    let panels = layout.pack(codes)
    #expect(panels.count == layout.byteCount)
    #expect(layout.byteCount % 64 == 0)
    #expect(layout.unpack(panels) == codes)
  }

  @Test(arguments: sizes, [4, 8])
  func padsWithZeros(_ size: (Int, Int), _ bits: Int) {
    let layout = PanelLayout(outputs: size.0, inputs: size.1, bits: bits)
    let padded = PanelLayout(
      outputs: layout.paddedOutputs, inputs: layout.paddedInputs, bits: bits)
    let codes = padded.unpack(layout.pack(Array(repeating: -1, count: size.0 * size.1)))
    for output in 0..<padded.outputs {
      for input in 0..<padded.inputs {
        let code = codes[output * padded.inputs + input]
        #expect(code == (output < size.0 && input < size.1 ? -1 : 0))
      }
    }
  }

  /// The bytes that `formats/vitq.md` gives as an example.
  @Test func putsFourBitCodesWhereTheFormatSays() {
    let layout = PanelLayout(outputs: 64, inputs: 32, bits: 4)
    var codes = [Int8](repeating: 0, count: 64 * 32)
    codes[32 + 2] = -8
    codes[17 * 32 + 2] = 7
    codes[33 * 32 + 31] = 3
    let panels = layout.pack(codes)
    #expect(panels.indices.filter { panels[$0] != 0 } == [6, 512 + 7 * 64 + 7])
    #expect(panels[6] == 0x78 && (panels[4 + 2] & 0x0F) == 0x08)
    #expect(panels[512 + 7 * 64 + 7] == 0x03)
  }

  @Test func putsEightBitCodesWhereTheFormatSays() {
    let layout = PanelLayout(outputs: 64, inputs: 32, bits: 8)
    var codes = [Int8](repeating: 0, count: 64 * 32)
    codes[32 + 2] = -128
    codes[17 * 32 + 2] = 127
    codes[33 * 32 + 31] = 3
    let panels = layout.pack(codes)
    #expect(
      panels.indices.filter { panels[$0] != 0 } == [6, 64 + 6, 1024 + 7 * 128 + 7])
    #expect(panels[6] == 0x80 && panels[64 + 6] == 0x7F && panels[1024 + 7 * 128 + 7] == 3)
  }
}
