import Synchronization
import Testing
import VitqAutodiff
import VitqQuantization
import VitqTestModels

/// Optimisations that end well above where they began.
struct LossRiseTests {
  @Test(arguments: [
    (1, 1.5, false), (1, 1.6, true), (10, 14, false), (10, 1e9, true), (0, 5, false),
    (-1, 5, false),
    (1, 0, false),
  ])
  func aRiseIsWellAboveTheStart(_ first: Double, _ last: Double, _ isRise: Bool) {
    let rise = LossRise(from: first, to: last)
    #expect((rise != nil) == isRise)
    #expect(rise.map { $0.first == first && $0.last == last } ?? true)
  }

  /// The weights of the best step are kept, so the result is no worse; but it learned nothing.
  @Test(arguments: [(4e-5, false), (1, true)])
  func aLearnerTellsOfPartsThatDiverge(_ rate: Double, _ diverges: Bool) throws {
    let model = RandomVisionTransformer("class token")
    var recipe = QuantizationRecipe(learner: .sardfq, weightBits: 4, activationBits: 4)
    recipe.iterations = 20
    recipe.learningRate = rate
    let rises = Mutex<[PartRise]>([])
    _ = try Quantizer.quantize(
      model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: model.images(3, seed: 5), recipe: recipe, workers: Workers(count: 2),
      progress: { progress in
        if let rise = progress.rise { rises.withLock { $0.append(rise) } }
      })
    let found = rises.withLock { $0 }
    #expect(found.isEmpty == !diverges, "\(found)")
    // Both stages, and no part twice.
    #expect(Set(found.map(\.stage)) == (diverges ? [0, 1] : []))
    #expect(Set(found.map { "\($0.stage) \($0.node)" }).count == found.count)
  }
}
