import Testing
import VitqImage
import VitqTestSupport

@Suite("Fields of a recipe")
struct PreprocessingFieldsTests {
  static let good = [
    "input_size": "3,224,160", "crop_pct": "0.9", "crop_mode": "squash",
    "interpolation": "bilinear", "mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225",
  ]

  @Test func readsAndWritesTheSameFields() throws {
    let recipe = try Preprocessing(fields: Self.good)
    #expect(
      recipe
        == Preprocessing(
          inputHeight: 224, inputWidth: 160, cropFraction: 0.9, cropMode: .squash,
          interpolation: .bilinear, mean: [0.485, 0.456, 0.406],
          standardDeviation: [0.229, 0.224, 0.225]))
    #expect(recipe.fields == Self.good)
  }

  @Test func keepsTheBitsOfEveryNumber() throws {
    var generator = SplitMix64(seed: 1)
    for _ in 0..<200 {
      let recipe = Preprocessing(
        inputHeight: 8, inputWidth: 9, cropFraction: .random(in: 0.1...2, using: &generator),
        interpolation: .bicubic, mean: generator.floats(3),
        standardDeviation: generator.floats(3).map { abs($0) + .leastNonzeroMagnitude })
      #expect(try Preprocessing(fields: recipe.fields) == recipe)
    }
  }

  static let bad: [(field: String, text: String?, message: String)] = [
    ("std", nil, "preprocessing field 'std': missing"),
    (
      "color", "1",
      "preprocessing field 'color': unknown: expected one of 'input_size', 'crop_pct', "
        + "'crop_mode', 'interpolation', 'mean', 'std'"
    ),
    (
      "input_size", "3,224",
      "preprocessing field 'input_size': wrong number of values: expected 3, found 2"
    ),
    (
      "input_size", "1,224,224",
      "preprocessing field 'input_size': out of range: expected 3 channels, found 1"
    ),
    (
      "input_size", "3,0,224",
      "preprocessing field 'input_size': out of range: expected sides of 1 to 65535, found 0"
    ),
    (
      "input_size", "3,224,65536",
      "preprocessing field 'input_size': out of range: expected sides of 1 to 65535, found 65536"
    ),
    (
      "input_size", "3,224,9223372036854775808",
      "preprocessing field 'input_size': not numeric: expected numbers separated by commas, "
        + "found '3,224,9223372036854775808'"
    ),
    (
      "crop_pct", "0",
      "preprocessing field 'crop_pct': out of range: expected above 0 and at most 2, found 0.0"
    ),
    (
      "crop_pct", "-1",
      "preprocessing field 'crop_pct': out of range: expected above 0 and at most 2, found -1.0"
    ),
    (
      "crop_pct", "3",
      "preprocessing field 'crop_pct': out of range: expected above 0 and at most 2, found 3.0"
    ),
    (
      "crop_pct", "nan",
      "preprocessing field 'crop_pct': out of range: expected above 0 and at most 2, found nan"
    ),
    (
      "crop_pct", "1e-300",
      "preprocessing field 'crop_pct': out of range: "
        + "expected one that resizes the side 224 to 1 to 65535, found 1e-300"
    ),
    (
      "crop_mode", "border",
      "preprocessing field 'crop_mode': not supported: expected 'center' or 'squash', "
        + "found 'border'"
    ),
    (
      "interpolation", "random",
      "preprocessing field 'interpolation': not supported: expected 'bilinear' or 'bicubic', "
        + "found 'random'"
    ),
    (
      "mean", "0.5",
      "preprocessing field 'mean': wrong number of values: expected 3, found 1"
    ),
    (
      "mean", "0,0,inf",
      "preprocessing field 'mean': out of range: expected finite numbers, found inf"
    ),
    (
      "mean", "0,,0",
      "preprocessing field 'mean': not numeric: expected numbers separated by commas, found '0,,0'"
    ),
    (
      "std", "1,0,1",
      "preprocessing field 'std': out of range: expected finite numbers above 0, found 0.0"
    ),
  ]

  @Test(arguments: bad)
  func refuses(_ field: String, _ text: String?, _ message: String) {
    var fields = Self.good
    fields[field] = text
    let error = #expect(throws: PreprocessingError.self) { try Preprocessing(fields: fields) }
    #expect(error?.description == message)
  }
}
