import Synchronization
import Testing
import VitqAutodiff
import VitqQuantization
import VitqTestModels

/// Calibration and learning ask whether their result is still wanted, and end at the first no.
struct CancellationTests {
  private static let model = RandomVisionTransformer("class token")

  /// Counts how often it is asked, and says yes from one time on.
  private final class Request: Sendable {
    private let asked = Atomic(0)
    private let first: Int

    init(at first: Int = .max) { self.first = first }

    var count: Int { asked.load(ordering: .relaxed) }

    func isMade() -> Bool { asked.wrappingAdd(1, ordering: .relaxed).newValue >= first }
  }

  /// More often than nodes of two rotations, than steps of two stages of four parts, than rows of
  /// weights.
  @Test(
    arguments: [
      (.repq, 50), (.gptq, 50), (.best, 100), (.sardfq, 96), (.erq, 500),
    ] as [(Learner, Int)])
  func endsWhereItIsToldTo(_ learner: Learner, leastCount: Int) throws {
    let whole = Request()
    try quantize(learner, whole, workers: 1)
    #expect(whole.count > leastCount)
    for number in [1, whole.count / 2, whole.count] {
      let request = Request(at: number)
      #expect(throws: QuantizationError.cancelled) {
        try quantize(learner, request, workers: 1)
      }
      #expect(request.count == number)
      #expect(throws: QuantizationError.cancelled) {
        try quantize(learner, Request(at: number), workers: 3)
      }
    }
  }

  private func quantize(_ learner: Learner, _ request: Request, workers: Int) throws {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    recipe.iterations = 12
    recipe.rotationCandidates = 2
    _ = try Quantizer.quantize(
      Self.model.graph(), mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25],
      images: Self.model.images(3, seed: 5), recipe: recipe, workers: Workers(count: workers),
      isCancelled: { request.isMade() })
  }
}
