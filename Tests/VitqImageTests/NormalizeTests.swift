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

  /// The recipes of `fixtures/make/image_goldens.py`, in its order.
  private func recipes() throws -> [Preprocessing] {
    try Fixtures.table("images/normalized.tsv").map { row in
      try Preprocessing(fields: [
        "input_size": "3,16,16", "crop_pct": "1.0", "crop_mode": "center",
        "interpolation": "bicubic", "mean": row[0], "std": row[1],
      ])
    }
  }

  @Test func equalsTorchvisionBitForBit() throws {
    let expected = try Fixtures.bytes("images/normalized.f32")
    var found: [UInt8] = []
    for recipe in try recipes() {
      for value in recipe.normalize(levels) {
        found += (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      }
    }
    #expect(found == expected)
  }

  @Test func everyByteComesBack() throws {
    for recipe in try recipes() {
      let tensor = recipe.normalize(levels)
      let found = recipe.denormalize(tensor.span)
      #expect(found == levels)
    }
  }

  @Test(
    arguments: [
      (0.4 / 255, 0), (0.6 / 255, 1), (0.5, 128), (254.4 / 255, 254), (254.6 / 255, 255),
      (-0.1, 0), (1.1, 255), (-Float.greatestFiniteMagnitude, 0),
      (Float.greatestFiniteMagnitude, 255),
    ] as [(Float, UInt8)])
  func valuesBecomeTheNearestByte(_ value: Float, _ byte: UInt8) throws {
    let recipe = try CropTests.recipe(size: "3,1,1", fraction: "1.0")
    let tensor = [value, value, value]
    let found = recipe.denormalize(tensor.span)
    #expect(found.bytes == [byte, byte, byte])
  }
}
