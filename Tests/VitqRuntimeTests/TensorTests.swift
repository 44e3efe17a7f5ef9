import Testing
import VitqFormat
import VitqImage
import VitqRuntime

/// A normalised tensor in place of an image.
struct TensorTests {
  /// Means and deviations of timm's models.
  static let recipes: [(mean: [Float], standardDeviation: [Float])] = [
    ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    ([0, 0, 0], [1, 1, 1]),
    (
      [0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_58, 0.275_777_11]
    ),
  ]

  @Test(arguments: recipes)
  func aNormalisedCropGivesTheLogitsOfTheCrop(
    _ mean: [Float], _ standardDeviation: [Float]
  ) async throws {
    let model = try SessionTests.preparingModel(mean: mean, standardDeviation: standardDeviation)
    let preprocessing = try #require(model.preprocessing)
    let tensor = preprocessing.normalize(SessionTests.image)
    var session = try Session(model)
    let expected = try session.run(SessionTests.image)
    #expect(Set(expected).count > 1)
    let logits = try session.logits(ofTensor: tensor.span)
    #expect(logits.map(\.bitPattern) == expected.map(\.bitPattern))
    let predictions = try session.classify(tensor: tensor.span, top: 2)
    #expect(predictions == Prediction.top(2, of: expected, labels: []))

    let pool = try SessionPool(model)
    let pooled = try await pool.logits(ofTensor: tensor)
    #expect(pooled.map(\.bitPattern) == expected.map(\.bitPattern))
    let same = try await pool.classify(tensor: tensor, top: 2)
    #expect(same == predictions)
  }

  /// Tensors of zeros up to the last value.
  static let refused: [(count: Int, last: Float, message: String)] = [
    (0, 0, "tensor: wrong size: expected 3 × 12 × 16 values, found 0"),
    (575, 0, "tensor: wrong size: expected 3 × 12 × 16 values, found 575"),
    (577, 0, "tensor: wrong size: expected 3 × 12 × 16 values, found 577"),
    (576, .nan, "tensor: value 575 is not finite: expected a finite number, found nan"),
    (576, .infinity, "tensor: value 575 is not finite: expected a finite number, found inf"),
    (576, -Float.infinity, "tensor: value 575 is not finite: expected a finite number, found -inf"),
  ]

  @Test(arguments: refused)
  func refuses(_ count: Int, _ last: Float, _ message: String) async throws {
    var tensor = [Float](repeating: 0, count: max(count - 1, 0))
    if count > 0 { tensor.append(last) }
    let model = try SessionTests.preparingModel()
    var session = try Session(model)
    do throws(RuntimeError) {
      _ = try session.logits(ofTensor: tensor.span)
      Issue.record("a session took the tensor")
    } catch {
      #expect(error.code == .invalidTensor)
      #expect(error.message == message)
    }
    let pool = try SessionPool(model)
    do throws(RuntimeError) {
      _ = try await pool.logits(ofTensor: tensor)
      Issue.record("a pool took the tensor")
    } catch {
      #expect(error.message == message)
    }
  }

  @Test func aModelWithoutPreprocessingTakesNone() throws {
    let random = RandomProgram(bits: 4, seed: 9)
    var session = try Session(Model(random.program, constants: random.constants))
    let tensor = [Float](repeating: 0, count: 576)
    do throws(RuntimeError) {
      _ = try session.logits(ofTensor: tensor.span)
      Issue.record("a model that does not say how took a tensor")
    } catch {
      #expect(error.code == .missingPreprocessing)
    }
  }
}
