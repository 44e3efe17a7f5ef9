import Testing
import VitqImage
import VitqTestSupport

@Suite("Resize and crop")
struct CropTests {
  /// The image that `fixtures/make/image_goldens.py` draws: hard edges in every channel.
  static func pattern(width: Int, height: Int) -> PixelBuffer {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          bytes.append(UInt8(truncatingIfNeeded: (x * 7 + y * 13 + c * 101) ^ (x * y)))
        }
      }
    }
    return PixelBuffer(width: width, height: height, bytes: bytes)
  }

  /// A recipe of the fields that decide on the crop.
  static func recipe(
    size: String = "3,20,20", fraction: String = "0.9", mode: String = "center",
    interpolation: String = "bicubic"
  ) throws -> Preprocessing {
    try Preprocessing(fields: [
      "input_size": size, "crop_pct": fraction, "crop_mode": mode, "interpolation": interpolation,
      "mean": "0,0,0", "std": "1,1,1",
    ])
  }

  @Test func equalsTorchvisionAndTimm() throws {
    let expected = try Fixtures.bytes("images/crops.rgb")
    var offset = 0
    for row in try Fixtures.table("images/crops.tsv") {
      let width = try #require(Int(row[0]))
      let height = try #require(Int(row[1]))
      let recipe = try Self.recipe(
        size: row[2], fraction: row[3], mode: row[4], interpolation: row[5])
      let crop = recipe.crop(Self.pattern(width: width, height: height))
      let end = offset + crop.bytes.count
      let isEqual = crop.bytes == Array(expected[offset..<end])
      #expect(isEqual, "\(row)")
      offset = end
    }
    #expect(offset == expected.count)
  }

  @Test func leavesAnImageOfTheResizedSizeAlone() throws {
    let recipe = try Self.recipe(size: "3,31,31", fraction: "1.0")
    let image = Self.pattern(width: 31, height: 31)
    #expect(recipe.crop(image) == image)
  }

  @Test func allocatesForTheCropOnly() throws {
    // Resized whole, this image would have 20 × 1 310 700 pixels.
    let image = PixelBuffer(
      width: 1, height: 65_535, bytes: Array(repeating: 9, count: 3 * 65_535))
    let crop = try Self.recipe(fraction: "1.0").crop(image)
    #expect(crop.bytes == Array(repeating: 9, count: 20 * 20 * 3))
  }

  @Test(arguments: [
    (5, 10, 0, 2..<7), (4, 10, 0, 3..<7), (5, 8, 0, 2..<7), (5, 12, 0, 4..<9), (7, 7, 0, 0..<7),
    (8, 5, 1, 0..<5), (8, 6, 1, 0..<6),
  ])
  func placesACrop(_ count: Int, _ available: Int, _ padding: Int, _ kept: Range<Int>) {
    let place = Preprocessing.place(count, in: available)
    #expect(place.padding == padding)
    #expect(place.kept == kept)
  }

  @Test(arguments: [(500, 375, 330, 248), (1200, 902, 329, 248), (333, 500, 248, 372)])
  func resizesTheShorterSide(_ width: Int, _ height: Int, _ newWidth: Int, _ newHeight: Int) throws
  {
    let recipe = try Self.recipe(size: "3,224,224")
    #expect(recipe.resizedSides(height: height, width: width) == (newHeight, newWidth))
  }
}
