import Testing
import VitqAutodiff
import VitqGraph
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// Each term against central differences.
struct LossTermTests {
  private func priors(
    blocks: Int, heads: Int, rows: Int, columns: Int,
    total: GaussianMixturePrior.Total = .leavingAShare, windows: Int = 1,
    _ random: inout ImageRandom
  ) -> AttentionPriors {
    AttentionPriors(
      nodes: (0..<blocks).map(NodeID.init(index:)),
      groups: Array(
        repeating: TokenGroups(
          count: windows, tokens: rows * columns, heads: heads, headWidth: 1,
          otherTokens: total == .one ? 0 : 1, rows: rows, columns: columns), count: blocks),
      weight: 1, &random)
  }

  @Test func crossEntropyHasItsGradient() {
    let (arena, views) = Arena.views([1, 7], [1, 7])
    let (logits, cotangent) = (views[0], views[1])
    var generator = SplitMix64(seed: 1)
    logits.copyRounded(from: generator.floats(7))
    var random = ImageRandom(seed: 1, image: 0, .softLabels)
    let target = SoftLabels(classes: [2, 5], of: 7, wantedScores: 5...10, &random).image
    func loss() -> Double {
      ClassLabel.crossEntropy(logits.view, target: target, cotangent: cotangent)
    }
    let expected = CentralDifference.gradient(at: logits, of: loss)
    _ = loss()
    #expect(Tolerance.centralDifference.accepts(cotangent.array, expected))
    withExtendedLifetime(arena) {}
  }

  /// Logits (0, ln 3) and target (¼, ¾): −¼ ln ¼ − ¾ ln ¾, where the gradient is 0.
  @Test func crossEntropyOfAKnownDistribution() {
    let (arena, views) = Arena.views([1, 2], [1, 2])
    views[0].copy(from: [0, 1.0986123])
    let loss = ClassLabel.crossEntropy(views[0].view, target: [0.25, 0.75], cotangent: views[1])
    #expect(Tolerance.rounding.accepts([Float(loss)], [0.5623351]))
    #expect(Tolerance.rounding.accepts(views[1].array, [0, 0]))
    withExtendedLifetime(arena) {}
  }

  /// With a class token before the six patches, and without one.
  @Test(arguments: [0, 1, -3], [7, 6])
  func attentionPriorsHaveTheirGradient(_ shift: Int, _ tokens: Int) {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let term = priors(blocks: 4, heads: 2, rows: 2, columns: 3, &random)
    let (arena, views) = Arena.views([2, tokens, tokens], [2, tokens, tokens])
    let (attention, cotangent) = (views[0], views[1])
    var generator = SplitMix64(seed: 2)
    attention.copyRounded(from: generator.floats(2 * tokens * tokens))
    func loss() -> Double {
      term.loss(
        block: 2, attention: attention.view, movement: Jitter(down: shift, right: shift),
        cotangent: cotangent)
    }
    let expected = CentralDifference.gradient(at: attention, of: loss)
    _ = loss()
    #expect(Tolerance.centralDifference.accepts(cotangent.array, expected))
    withExtendedLifetime(arena) {}
  }

  /// Two windows of six patches, which a moved image does not move.
  @Test func attentionPriorsOfWindowsHaveTheirGradient() {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let term = priors(blocks: 4, heads: 2, rows: 2, columns: 3, total: .one, windows: 2, &random)
    let (arena, views) = Arena.views([4, 6, 6], [4, 6, 6])
    let (attention, cotangent) = (views[0], views[1])
    var generator = SplitMix64(seed: 2)
    attention.copyRounded(from: generator.floats(4 * 6 * 6))
    func loss(_ shift: Int = 0) -> Double {
      term.loss(
        block: 2, attention: attention.view, movement: Jitter(down: shift, right: shift),
        cotangent: cotangent)
    }
    let expected = CentralDifference.gradient(at: attention) { loss() }
    #expect(loss(1) == loss())
    #expect(Tolerance.centralDifference.accepts(cotangent.array, expected))
    withExtendedLifetime(arena) {}
  }

  /// Every head of every window has a prior of its own; windows count by their mean.
  @Test func attentionPriorsAreMeansOverWindows() {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let one = priors(blocks: 1, heads: 2, rows: 2, columns: 2, total: .one, &random)
    let three = priors(blocks: 1, heads: 2, rows: 2, columns: 2, total: .one, windows: 3, &random)
    let (arena, views) = Arena.views([2, 4, 4], [2, 4, 4], [6, 4, 4], [6, 4, 4])
    for view in views { view.fill(4) }
    let single = one.loss(
      block: 0, attention: views[0].view, movement: .none, cotangent: views[1])
    let several = three.loss(
      block: 0, attention: views[2].view, movement: .none, cotangent: views[3])
    #expect(abs(several - single) < single / 10)
    #expect(one.picture != three.picture)
    withExtendedLifetime(arena) {}
  }

  @Test func attentionPriorsAreMeansOverPatchesWeightedByDepth() {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let term = priors(blocks: 4, heads: 1, rows: 2, columns: 2, &random)
    #expect(term.blocks == 1..<4)
    let (arena, views) = Arena.views([1, 5, 5], [1, 5, 5])
    for (i, value) in term.picture.elements.enumerated() { views[0][1 + i] = value + 0.5 }
    func loss(_ block: Int) -> Double {
      term.loss(block: block, attention: views[0].view, movement: .none, cotangent: views[1])
    }
    #expect(Tolerance.rounding.accepts([Float(loss(3))], [0.25]))
    withExtendedLifetime(arena) {}
  }

  /// Without other tokens priors sum to 1, and a query that is off moves the mean by its share.
  @Test func attentionPriorsOfAveragedTokens() {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let term = priors(
      blocks: 2, heads: 1, rows: 2, columns: 2, total: .one, &random)
    let prior = term.picture.elements
    #expect(Tolerance.rounding.accepts([prior.reduce(0, +)], [1]))
    let (arena, views) = Arena.views([1, 4, 4], [1, 4, 4])
    for query in 0..<4 {
      for (i, value) in prior.enumerated() {
        views[0][4 * query + i] = value + (query == 0 ? 2 : 0)
      }
    }
    let loss = term.loss(block: 1, attention: views[0].view, movement: .none, cotangent: views[1])
    #expect(Tolerance.rounding.accepts([Float(loss)], [0.25]))
    withExtendedLifetime(arena) {}
  }

  @Test func attentionPriorsMoveWithTheImage() {
    var random = ImageRandom(seed: 3, image: 0, .attentionPriors)
    let term = priors(blocks: 2, heads: 1, rows: 3, columns: 3, &random)
    let prior = term.picture.elements
    let (arena, views) = Arena.views([1, 10, 10], [1, 10, 10])
    for row in 0..<3 {
      for column in 0..<3 {
        views[0][1 + (row + 1) % 3 * 3 + (column + 1) % 3] = prior[row * 3 + column]
      }
    }
    let loss = term.loss(
      block: 1, attention: views[0].view, movement: Jitter(down: 1, right: 1),
      cotangent: views[1])
    #expect(loss == 0)
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: [0.0, 100.0])
  func totalVariationHasItsGradient(_ target: Double) {
    let (arena, views) = Arena.views([2, 4, 5], [2, 4, 5])
    var generator = SplitMix64(seed: 3)
    views[0].copyRounded(from: generator.floats(40))
    let term = TotalVariation(target: target, weight: 1)
    func loss() -> Double {
      views[1].fill(0)
      return term.loss(views[0].view, addingTo: views[1])
    }
    let expected = CentralDifference.gradient(at: views[0], of: loss)
    _ = loss()
    #expect(Tolerance.centralDifference.accepts(views[1].array, expected))
    withExtendedLifetime(arena) {}
  }

  /// Of one channel (0, 1; 0, 0): horizontal 1, vertical 1, anti-diagonal 1, diagonal 0.
  @Test func totalVariationOfAKnownImage() {
    let (arena, views) = Arena.views([1, 2, 2], [1, 2, 2])
    views[0].copy(from: [0, 1, 0, 0])
    let loss = TotalVariation(target: 0.5, weight: 1).loss(views[0].view, addingTo: views[1])
    #expect(loss == 2.5)
    withExtendedLifetime(arena) {}
  }

  /// A batch is a taller stack of channels to the norm, which is what the weight of one image
  /// is derived from.
  @Test func totalVariationOfOneImageIsThatOfABatchOfLikeImages() {
    let batch = 32
    let (arena, views) = Arena.views([3, 5, 5], [3, 5, 5], [96, 5, 5], [96, 5, 5])
    var generator = SplitMix64(seed: 4)
    let pixels = generator.floats(75)
    views[0].copy(from: pixels)
    views[2].copy(from: (0..<batch).flatMap { _ in pixels })
    let one = TotalVariation(
      target: 1 / Double(batch).squareRoot(), weight: TotalVariation.targetWeight)
    _ = one.loss(views[0].view, addingTo: views[1])
    _ = TotalVariation(target: 1, weight: 0.05 * Float(batch))
      .loss(views[2].view, addingTo: views[3])
    #expect(Tolerance.rounding.accepts(views[1].array, Array(views[3].array.prefix(75))))
    withExtendedLifetime(arena) {}
  }

  /// Each difference of independent normal pixels has variance 2, so that the four norms of 32
  /// images come to 12.37 thousand.
  @Test func noiseHasItsTotalVariation() {
    let (arena, views) = Arena.views([3, 224, 224], [3, 224, 224])
    var random = ImageRandom(seed: 1, image: 0, .pixels)
    Noise.fill(views[0], &random)
    let loss = TotalVariation(target: 0, weight: 1).loss(views[0].view, addingTo: views[1])
    #expect(abs(loss * 32.0.squareRoot() - 12370) < 62)
    withExtendedLifetime(arena) {}
  }
}
