import Testing
import VitqImage
import VitqTestSupport

@Suite("Normalisation")
struct NormalizeTests {
  /// The 16×16 image of `fixtures/make/image_goldens.py`: all levels in each channel.
  private var levels: PixelBuffer {
    var bytes: [UInt8] = []
    for y in 0..<16 {
      for x in 0..<16 { bytes += [y * 16 + x, x * 16 + y, (15 - y) * 16 + x].map { UInt8($0) } }
    }
    return PixelBuffer(width: 16, height: 16, bytes: bytes)
  }

  @Test func equalsTorchvisionBitForBit() throws {
    let expected = try Fixtures.bytes("images/normalized.f32")
    var found: [UInt8] = []
    for row in try Fixtures.table("images/normalized.tsv") {
      let recipe = try Preprocessing(fields: [
        "input_size": "3,16,16", "crop_pct": "1.0", "crop_mode": "center",
        "interpolation": "bicubic", "mean": row[0], "std": row[1],
      ])
      for value in recipe.normalize(levels) {
        found += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      }
    }
    #expect(found == expected)
  }
}
