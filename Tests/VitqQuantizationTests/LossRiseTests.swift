import Synchronization
import Testing
import VitqAutodiff
import VitqQuantization
import VitqTestModels
import VitqTestSupport

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

  private static let model = RandomVisionTransformer("class token")

  /// What the learner of the paper tells of its parts.
  private struct Told: Equatable {
    var rises: [PartRise]
    var losses: [PartLosses]
  }

  private static let iterations = 20

  private func told(rate: Double, journal: LearnerJournal? = nil) throws -> Told {
    var recipe = QuantizationRecipe(learner: .sardfq, weightBits: 4, activationBits: 4)
    recipe.iterations = Self.iterations
    recipe.learningRate = rate
    let rises = Mutex<[PartRise]>([])
    let quantized = try Quantizer.quantize(
      Self.model.graph(), mean: [0.5, 0.4, 0.45], standardDeviation: [0.25, 0.5, 0.3],
      images: Self.model.images(3, seed: 5), recipe: recipe, workers: Workers(count: 2),
      journal: journal,
      progress: { progress in
        if let rise = progress.rise { rises.withLock { $0.append(rise) } }
      })
    return Told(rises: rises.withLock { $0 }, losses: quantized.losses)
  }

  /// The weights of the best step are kept, so the result is no worse; but it learned nothing.
  @Test(arguments: [(4e-5, false), (1, true)])
  func aLearnerTellsOfPartsThatDiverge(_ rate: Double, _ diverges: Bool) throws {
    let told = try told(rate: rate)
    let found = told.rises
    #expect(found.isEmpty == !diverges, "\(found)")
    // Both stages, and no part twice.
    #expect(Set(found.map(\.stage)) == (diverges ? [0, 1] : []))
    #expect(Set(found.map { "\($0.stage) \($0.node)" }).count == found.count)
    // A rise is the first and the last loss of its part.
    for rise in found {
      let part = told.losses.first { ($0.node, $0.stage) == (rise.node, rise.stage) }
      #expect(part?.losses.first == rise.loss.first && part?.losses.last == rise.loss.last)
    }
  }

  @Test func aLearnerTellsOfTheLossesOfEachPartInBothStages() throws {
    let losses = try told(rate: 4e-5).losses
    let stages = Dictionary(grouping: losses, by: \.stage).mapValues { $0.map(\.node) }
    #expect(Set(stages.keys) == [0, 1] && stages[0] == stages[1])
    #expect(Set(stages[0] ?? []).count == stages[0]?.count)
    #expect(losses.allSatisfy { $0.losses.count == Self.iterations + 1 })
    let fallen = losses.filter { $0.losses[Self.iterations] < $0.losses[0] }
    #expect(fallen.count > losses.count / 2, "\(losses)")
  }

  /// The second run learns nothing: it reads every part.
  @Test(arguments: [4e-5, 1])
  func aRunThatGoesOnTellsOfThePartsOfTheOneBefore(_ rate: Double) throws {
    let folder = try TemporaryFolder()
    let plan = LearnerJournal.Plan(modelDigest: "m", recipe: "r", images: [])
    let runs = try (0..<2).map { _ in
      try told(rate: rate, journal: LearnerJournal(folder: folder.file("j"), plan: plan))
    }
    #expect(LearnerJournal.hasStates(folder.file("j")))
    let alone = try told(rate: rate)
    #expect(runs == [alone, alone])
  }
}
