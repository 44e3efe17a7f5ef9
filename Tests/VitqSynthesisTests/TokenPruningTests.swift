import Testing
import VitqAutodiff
import VitqGraph
import VitqImage
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// SMI's sparse inversion.
struct TokenPruningTests {
  @Test func patchesSurviveAsPublished() {
    #expect(PatchSurvival.counts(of: 196) == [196, 137, 95, 66, 46])
    #expect(PatchSurvival.finalCount(tokens: 197, of: 196) == 47)
    let drops = (0..<4000).filter { PatchSurvival.isFollowedByDrop($0, of: 4000) }
    #expect(drops == [49, 99, 199, 299])
  }

  @Test func patchesHaveTheirSide() throws {
    #expect(try SynthesisModel(TinyTransformer().graph).patchSide == 4)
  }

  @Test func theLeastAttendedPatchesAreDropped() {
    var survival = PatchSurvival(rows: 2, columns: 3)
    survival.drop(toCount: 4, scores: [0.1, 0.5, 0.2, 0.2, 0, 0.9])
    #expect(survival.patches == [1, 2, 3, 5])
    survival.drop(toCount: 2, scores: [0.3, 0.1, 0.1, 0.2])
    #expect(survival.patches == [1, 5])
    #expect(survival.moved(Jitter(down: 1, right: 1)) == [0, 5].sorted())
    #expect(survival.moved(Jitter(down: 0, right: 0, isFlipped: true)) == [1, 3])
  }

  /// All patches kept is the model; of some, what the class token sees is theirs alone.
  @Test func keptTokensAreThoseOfTheModel() throws {
    let graph = try TinyTransformer().graph
    let pruning = try TokenPruning(graph, SynthesisModel(graph))
    var generator = SplitMix64(seed: 3)
    let image = generator.floats(192)
    func logits(_ patches: [Int], changing pixel: Int? = nil) throws -> [Float] {
      let (pruned, kept) = try pruning.graph(keeping: patches.count)
      let id = try #require(pruned.landmarks[.logits])
      let evaluator = Evaluator(pruned, constants: ConstantPool(pruned), keeping: [id])
      pruning.write(patches, into: evaluator.input(kept))
      let input = evaluator.input(try #require(pruned.landmarks[.image]))
      input.copy(from: image)
      if let pixel { input[pixel] += 1 }
      evaluator.forward()
      return evaluator.value(id).tensor.elements
    }
    let model = try SynthesisModel(graph)
    let whole = Evaluator(graph, constants: ConstantPool(graph), keeping: [model.logits])
    whole.input(model.image).copy(from: image)
    whole.forward()
    let expected = whole.value(model.logits).tensor.elements
    #expect(Tolerance.rounding.accepts(try logits([0, 1, 2, 3]), expected))
    // Pixel 0 is of patch 0, pixel 63 of the first channel of patch 3.
    let without = try logits([1, 3])
    #expect(try logits([1, 3], changing: 0) == without)
    #expect(try logits([1, 3], changing: 63) != without)
  }

  @Test func onlyKeptPatchesAreLeftAndTheirPixelsAreOfEightBits() throws {
    var options = SynthesisOptions(method: .smiSparse)
    (options.imageCount, options.stepCount) = (1, 80)
    let preprocessing = TinyTransformer.preprocessing
    let image = try Synthesizer(
      TinyTransformer().graph, preprocessing: preprocessing, options: options
    ).run(workers: Workers(count: 1))[0].pixels.elements
    let patches = (0..<4).filter { patch in
      (0..<192).contains { i in
        let (row, column) = (i / 8 % 8, i % 8)
        return row / 4 * 2 + column / 4 == patch && image[i] != 0
      }
    }
    #expect(patches.count == PatchSurvival.finalCount(tokens: 5, of: 4))
    for (i, value) in image.enumerated() where value != 0 {
      let level =
        (value * preprocessing.standardDeviation[i / 64] + preprocessing.mean[i / 64]) * 255
      #expect(abs(level - level.rounded()) < 1e-3)
    }
  }
}
