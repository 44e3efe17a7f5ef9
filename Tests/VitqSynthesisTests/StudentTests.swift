import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// PSAQ-ViT V2's student and game.
struct StudentTests {
  @Test func quantizersCoverTheirRanges() {
    let activation = QuantizedStudent.asymmetric(-1...3, bits: 4)
    #expect(activation.zeroPoint == 4 && activation.minimumCode == 0)
    #expect(activation.maximumCode == 15 && abs(activation.step - 4.0 / 15) < 1e-7)
    #expect(QuantizedStudent.asymmetric(0...0, bits: 4).step > 0)
    #expect(QuantizedStudent.asymmetric(1...2, bits: 4).zeroPoint == 0)
    let weights = QuantizedStudent.symmetric(Tensor([2, 2], [1, -3, 0, 0]), bits: 4)
    #expect(weights.count == 2 && weights[0].step == 0.4 && weights[1].step > 0)
    #expect(weights[0].minimumCode == -8 && weights[0].maximumCode == 7)
  }

  /// With 8 bits the student nearly agrees; with real activations and weights as they are, where
  /// the quantizers of weights are the only ones, closer still.
  @Test func theStudentIsNearTheModel() throws {
    let graph = try TinyTransformer().graph
    var options = StudentOptions()
    (options.weightBits, options.activationBits) = (8, 8)
    let bare = try QuantizedStudent(graph, options)
    #expect(bare.weights.count == 10 && bare.activations.count == 16)
    let ranges = bare.activations.map { _ in Float(-4)...4 }
    let student = try QuantizedStudent(graph, options, ranges: ranges)
    var generator = SplitMix64(seed: 3)
    let image = generator.floats(192)
    func logits(_ graph: Graph) throws -> [Float] {
      let id = try #require(graph.landmarks[.logits])
      let evaluator = Evaluator(graph, constants: ConstantPool(graph), keeping: [id])
      evaluator.input(try #require(graph.landmarks[.image])).copy(from: image)
      evaluator.forward()
      return evaluator.value(id).tensor.elements
    }
    let expected = try logits(graph)
    func error(_ graph: Graph) throws -> Float {
      zip(try logits(graph), expected).map { abs($0 - $1) }.max() ?? .nan
    }
    #expect(try error(bare.graph) < 0.05)
    #expect(try error(student.graph) < 0.3)
    #expect(try error(student.graph) > 0)
  }

  @Test func disagreementHasItsGradients() {
    let (arena, views) = Arena.views([1, 5], [1, 5], [1, 5], [1, 5])
    var generator = SplitMix64(seed: 4)
    views[0].copyRounded(from: generator.floats(5))
    views[1].copyRounded(from: generator.floats(5).map { $0 + 0.3 })
    func loss() -> Double {
      Disagreement.loss(
        student: views[0].view, teacher: views[1].view, weight: 1, studentCotangent: views[2],
        teacherCotangent: views[3])
    }
    let student = CentralDifference.gradient(at: views[0], of: loss)
    let teacher = CentralDifference.gradient(at: views[1], of: loss)
    _ = loss()
    #expect(Tolerance.centralDifference.accepts(views[2].array, student))
    #expect(Tolerance.centralDifference.accepts(views[3].array, teacher))
    withExtendedLifetime(arena) {}
  }

  @Test func gamesAreReadBackAndDamageIsReported() throws {
    let image = ImageState(
      step: 3, image: Tensor([3, 1, 1], [1, 2, 3]), firstMoments: Tensor([3, 1, 1], [4, 5, 6]),
      secondMoments: Tensor([3, 1, 1], [7, 8, 9]))
    let weight = Tensor([1, 2], [0.5, -0.5])
    let start = GameState(images: [image, image], weights: [weight], ranges: [-1...2])
    var state = start
    (state.cycle, state.studentSteps) = (4, 8)
    state.weights[0][1] = 3
    let plan = SHA256.hexDigest(of: [1])
    let bytes = state.encoded(plan: plan)
    #expect(try GameState(bytes, like: start, plan: plan, path: "game") == state)
    let other = SHA256.hexDigest(of: [2])
    #expect(throws: SynthesisError.stateDiffers(path: "game", expected: other, found: plan)) {
      try GameState(bytes, like: start, plan: other, path: "game")
    }
    for damage in [
      Array(bytes.dropLast()), bytes.prefix(20) + [bytes[20] ^ 1] + bytes.dropFirst(21),
    ] {
      #expect(throws: SynthesisError.self) {
        try GameState(damage, like: start, plan: plan, path: "game")
      }
    }
  }

  /// The student learns, and the images that have no class are still pulled from the noise.
  @Test func theGameMovesImagesAndStudent() throws {
    var options = SynthesisOptions(method: .psaqV2)
    (options.imageCount, options.stepCount) = (5, 6)
    options.student.imageSteps = 2
    options.student.learningRate = 1e-2
    let graph = try TinyTransformer().graph
    func images(_ options: SynthesisOptions) throws -> [SynthesizedImage] {
      try Synthesizer(
        graph, preprocessing: TinyTransformer.preprocessing, options: options
      ).run(workers: Workers(count: 2))
    }
    let played = try images(options)
    options.student.studentSteps = 0
    let unplayed = try images(options)
    #expect(played.count == 5 && played != unplayed)
    #expect(Set(played.map(\.pixels.elements)).count == 5)
  }
}
