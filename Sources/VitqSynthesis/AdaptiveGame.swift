import VitqAutodiff
import VitqGraph
import VitqTensor

/// PSAQ-ViT V2: images and a quantized student in turns, all images at once.
///
/// "PSAQ-ViT V2: Toward Accurate and General Data-Free Quantization for Vision Transformers",
/// section III-C. In each cycle images take steps that make patches diverse and the student
/// disagree with the model, then the student's activation ranges are taken from views of the
/// images and the student takes steps towards the model on them. The paper gives no numbers of
/// steps; those of ``StudentOptions`` are a choice. Its views are cropped, reflected, recoloured
/// and blurred; here they are cropped and reflected.
///
/// The student learns from all images, so here images are not independent; sums over them are of
/// a fixed number of groups, in order, so that the number of workers does not show.
package struct AdaptiveGame: Sendable {
  /// Groups of images whose gradients are added up one after the other.
  package static let groupCount = 4
  /// The smallest side of a view, of the image's.
  private static let smallestView = 0.5

  let graph: Graph
  let constants: ConstantPool
  let settings: SynthesisSettings
  let workers: Workers

  private var options: SynthesisOptions { settings.options }
  private var model: SynthesisModel { settings.model }

  /// The number of cycles; the last may be shorter.
  var cycleCount: Int {
    (options.stepCount + options.student.imageSteps - 1) / options.student.imageSteps
  }

  /// The game before its first cycle: noise, the model's weights, and ranges of the noise.
  func start() throws(SynthesisError) -> GameState {
    let student = try student(weights: nil, ranges: nil)
    let weights = student.weightValues
    let images = (0..<options.imageCount).map { index in
      var random = ImageRandom(seed: options.seed, image: index, .pixels)
      let zero = Tensor(zeros: model.imageShape)
      var image = zero
      image.withMutableView { Noise.fill($0, &random) }
      return ImageState(
        step: 0, image: image, firstMoments: zero, secondMoments: zero, keptPatches: nil)
    }
    return GameState(
      images: images, weights: weights,
      ranges: try ranges(of: images.map(\.image), in: student, step: 0))
  }

  /// Plays one cycle.
  ///
  /// - Parameters:
  ///   - state: The game before and after it.
  ///   - cancellation: Makes the call throw ``SynthesisError/cancelled``, the game as it was.
  ///   - progress: Called from the workers after each step of an image.
  /// - Throws: ``SynthesisError``.
  func play(
    _ state: inout GameState, _ cancellation: Cancellation,
    progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(SynthesisError) {
    var next = state
    next.images = try movedImages(of: state, cancellation, progress: progress)
    FreedMemory.giveBack()
    let views = next.images.indices.map { view(of: next.images[$0].image, $0, state.cycle) }
    let student = try student(weights: next.weights, ranges: next.ranges)
    next.ranges = try ranges(of: views, in: student, step: next.images[0].step)
    for _ in 0..<options.student.studentSteps {
      update(&next, try gradients(of: next, on: views, cancellation))
      FreedMemory.giveBack()
    }
    next.cycle += 1
    state = next
  }

  private func student(
    weights: [Tensor]?, ranges: [ClosedRange<Float>]?
  ) throws(SynthesisError) -> QuantizedStudent {
    do throws(GraphError) {
      return try QuantizedStudent(graph, options.student, latentWeights: weights, ranges: ranges)
    } catch {
      throw .unsupportedModel(.psaqV2, requirement: "a model that can be quantized (\(error))")
    }
  }

  // MARK: Images

  private func movedImages(
    of state: GameState, _ cancellation: Cancellation,
    progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(SynthesisError) -> [ImageState] {
    let student = try student(weights: state.weights, ranges: state.ranges)
    let model = try SynthesisModel(student.graph)
    let studentConstants = ConstantPool(student.graph)
    return try workers.map(state.images.count) { () throws(SynthesisError) in
      let optimizer = try ImageOptimizer(graph, constants: constants, settings)
      let evaluator = Evaluator(
        student.graph, constants: studentConstants, keeping: [model.logits],
        seeds: [model.logits], gradients: [model.image])
      optimizer.opponent = Disagreement(
        student: evaluator, image: model.image, logits: model.logits,
        teacherLogits: self.model.logits)
      return optimizer
    } body: { (optimizer: inout ImageOptimizer, index) throws(SynthesisError) in
      optimizer.restore(state.images[index])
      let objective = ImageObjective(settings, image: index)
      let last = min((state.cycle + 1) * options.student.imageSteps, options.stepCount)
      for step in state.images[index].step..<last {
        if cancellation.isRequested { throw .cancelled }
        let losses = try optimizer.step(objective, image: index)
        if let term = losses.firstNotFinite {
          throw .notFinite(
            image: index, step: step + 1, term, node: optimizer.firstNodeNotFinite(objective))
        }
        progress(SynthesisProgress(image: index, step: step + 1, losses: losses))
      }
      guard optimizer.isFinite else { throw .notFinite(image: index, step: last, nil, node: nil) }
      return optimizer.state
    }
  }

  /// A random crop of an image, resized to all of it, and perhaps reflected.
  private func view(of image: Tensor, _ index: Int, _ cycle: Int) -> Tensor {
    var random = ImageRandom(seed: options.seed, image: index, .view, step: cycle)
    func range(_ length: Int) -> Range<Int> {
      let share = random.uniform(Self.smallestView...1)
      let extent = max(Int(Double(length) * share), 1)
      let start = random.integer(0...(length - extent))
      return start..<start + extent
    }
    let (height, width) = (image.shape[1], image.shape[2])
    let window = Window(rows: range(height), columns: range(width))
    let flip = Jitter(down: 0, right: 0, isFlipped: random.integer(0...1) == 1)
    var (cropped, view) = (image, image)
    image.withView { image in
      cropped.withMutableView { cropped in
        BilinearResize(window, height: height, width: width).apply(image, into: cropped)
        view.withMutableView { flip.apply(cropped.view, into: $0) }
      }
    }
    return view
  }

  // MARK: The student

  /// The smallest and the largest of each activation over the images.
  private func ranges(
    of images: [Tensor], in student: QuantizedStudent, step: Int
  ) throws(SynthesisError) -> [ClosedRange<Float>] {
    let constants = ConstantPool(student.graph)
    let image = student.graph.landmarks[.image]
    let found = try workers.map(images.count) { () throws(SynthesisError) in
      Evaluator(student.graph, constants: constants, keeping: student.activations)
    } body: { (evaluator: inout Evaluator, index) throws(SynthesisError) in
      if let image { images[index].withView { evaluator.input(image).copy(from: $0) } }
      evaluator.forward()
      var ranges: [ClosedRange<Float>] = []
      for id in student.activations {
        let value = evaluator.value(id)
        guard VectorKernels.current.sum(value).isFinite else {
          let inputs = image.map { [($0, images[index])] } ?? []
          throw .notFinite(
            image: index, step: step, .disagreement,
            node: student.graph.firstNotFinite(constants, at: inputs))
        }
        let (low, high) = value.elements.reduce((Float(0), Float(0))) {
          (min($0.0, $1), max($0.1, $1))
        }
        ranges.append(low...high)
      }
      return ranges
    }
    return student.activations.indices.map { index in
      let all = found.map { $0[index] }
      return all.reduce(0...0) {
        min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
      }
    }
  }

  /// The gradients by the learned tensors: the sums over each group of images.
  private func gradients(
    of state: GameState, on views: [Tensor], _ cancellation: Cancellation
  ) throws(SynthesisError) -> [[Tensor]] {
    let student = try student(weights: state.weights, ranges: state.ranges)
    let found = try SynthesisModel(student.graph)
    let studentConstants = ConstantPool(student.graph)
    let share = 1 / Float(views.count)
    let groups = min(Self.groupCount, views.count)
    return try workers.map(groups) { () throws(SynthesisError) in
      Pupil(
        teacher: Evaluator(graph, constants: constants, keeping: [model.logits]),
        student: Evaluator(
          student.graph, constants: studentConstants, keeping: [found.logits],
          seeds: [found.logits], gradients: student.weights))
    } body: { (pupil: inout Pupil, group) throws(SynthesisError) in
      var sums = state.weights.map { Tensor(zeros: $0.shape) }
      for index in stride(from: group, to: views.count, by: groups) {
        if cancellation.isRequested { throw .cancelled }
        views[index].withView {
          pupil.teacher.input(model.image).copy(from: $0)
          pupil.student.input(found.image).copy(from: $0)
        }
        pupil.teacher.forward()
        pupil.student.forward()
        let loss = Disagreement.loss(
          student: pupil.student.value(found.logits),
          teacher: pupil.teacher.value(model.logits), weight: share,
          studentCotangent: pupil.student.cotangent(found.logits), teacherCotangent: nil)
        guard loss.isFinite else {
          let node =
            graph.firstNotFinite(constants, at: [(model.image, views[index])])
            ?? student.graph.firstNotFinite(studentConstants, at: [(found.image, views[index])])
          throw .notFinite(
            image: index, step: state.images[index].step, .disagreement, node: node)
        }
        pupil.student.backward()
        for (weight, id) in student.weights.enumerated() {
          let gradient = pupil.student.gradient(id)
          sums[weight].withMutableView {
            VectorKernels.current.scale(gradient, by: 1, into: $0, accumulates: true)
          }
        }
      }
      return sums
    }
  }

  /// Adam on each learned tensor, with the groups' gradients added in order.
  private func update(_ state: inout GameState, _ sums: [[Tensor]]) {
    state.studentSteps += 1
    let rates = AdamRates(rate: Float(options.student.learningRate))
    for index in state.weights.indices {
      var total = sums[0][index]
      for other in sums.dropFirst() {
        other[index].withView { addend in
          total.withMutableView {
            VectorKernels.current.scale(addend, by: 1, into: $0, accumulates: true)
          }
        }
      }
      var (first, second) = (state.firstMoments[index], state.secondMoments[index])
      total.withView { gradient in
        first.withMutableView { first in
          second.withMutableView { second in
            state.weights[index].withMutableView {
              VectorKernels.current.adam(
                rates, step: state.studentSteps, gradient: gradient, firstMoment: first,
                secondMoment: second, parameters: $0)
            }
          }
        }
      }
      (state.firstMoments[index], state.secondMoments[index]) = (first, second)
    }
  }
}

/// What one worker evaluates to teach the student.
private struct Pupil {
  let teacher: Evaluator
  let student: Evaluator
}
