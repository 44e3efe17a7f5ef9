package import VitqAutodiff
package import VitqGraph
import VitqImage
package import VitqTensor

/// Optimises one image after another in memory of its own; belongs to one thread.
package final class ImageOptimizer {
  private let settings: SynthesisSettings
  private let network: ImageNetwork
  /// The model at a part of the image; `nil` if no image has parts.
  private let part: Evaluator?
  private let arena: Arena
  private let movedGradient: MutableTensorView
  private let adam: Adam
  private var survival: PatchSurvival
  /// The student that images of PSAQ-ViT V2 play against.
  var opponent: Disagreement?

  /// The pixels, normalised [3, H, W].
  package let image: MutableTensorView
  /// ∂L/∂image of the last step.
  package let gradient: MutableTensorView

  private var model: SynthesisModel { settings.model }

  /// Plans the evaluation.
  ///
  /// - Parameters:
  ///   - graph: The full-precision model.
  ///   - constants: Its constants.
  ///   - settings: What to synthesise.
  ///   - pruning: Drops tokens of `graph`, which keeps all; `nil` if the method does not.
  /// - Throws: ``SynthesisError/unsupportedModel(_:requirement:)``.
  package init(
    _ graph: Graph, constants: ConstantPool, _ settings: SynthesisSettings,
    pruning: TokenPruning? = nil
  ) throws(SynthesisError) {
    self.settings = settings
    let model = settings.model
    let bf16 =
      settings.options.products == .bf16 ? BF16Products(panels: constants.bf16Panels) : nil
    network = try ImageNetwork(
      graph, constants: constants, settings, pruning: pruning, bf16: bf16)
    let hasParts =
      settings.options.method == .sardfq && settings.options.semanticReinforcement.isOn
    part =
      hasParts
      ? Evaluator(
        graph, constants: constants, keeping: [model.logits], seeds: [model.logits],
        gradients: [model.image], bf16: bf16) : nil
    let count = model.imageShape.elementCount
    arena = Arena(elementCount: 3 * count)
    image = arena.view(at: 0, model.imageShape)
    gradient = arena.view(at: count, model.imageShape)
    movedGradient = arena.view(at: 2 * count, model.imageShape)
    adam = Adam(model.imageShape, settings.rates)
    survival = PatchSurvival(rows: model.rows, columns: model.columns)
  }

  /// Starts an image from noise.
  package func start(image index: Int) {
    var random = ImageRandom(seed: settings.options.seed, image: index, .pixels)
    Noise.fill(image, &random)
    adam.reset()
    survival = PatchSurvival(rows: model.rows, columns: model.columns)
  }

  /// Whether every pixel is a number.
  package var isFinite: Bool { image.view.tensor.elements.allSatisfy(\.isFinite) }

  /// What to write down to go on later.
  package var state: ImageState {
    ImageState(
      step: adam.stepCount, image: image.view.tensor,
      firstMoments: adam.firstMoments.view.tensor, secondMoments: adam.secondMoments.view.tensor,
      keptPatches: network.pruning == nil ? nil : survival.patches)
  }

  /// Goes on from what was written down.
  package func restore(_ state: ImageState) {
    adam.stepCount = state.step
    state.image.withView { image.copy(from: $0) }
    state.firstMoments.withView { adam.firstMoments.copy(from: $0) }
    state.secondMoments.withView { adam.secondMoments.copy(from: $0) }
    survival = PatchSurvival(
      rows: model.rows, columns: model.columns, patches: state.keptPatches)
  }

  /// Takes the next step of the image numbered `index`.
  package func step(
    _ objective: ImageObjective, image index: Int
  ) throws(SynthesisError) -> SynthesisLosses {
    let step = adam.stepCount
    let isFollowedByDrop =
      network.pruning != nil
      && PatchSurvival.isFollowedByDrop(step, of: settings.options.stepCount)
    let movement = isFollowedByDrop ? .none : settings.movement(image: index, step: step)
    let losses = try differentiate(objective, movement)
    if isFollowedByDrop { drop() }
    adam.rates.rate = Float(settings.schedule.rate(step))
    adam.step(image, gradient: gradient.view)
    clamp()
    return losses
  }

  /// The first node of the model that is infinite or not a number where ``step(_:image:)`` evaluated
  /// the objective, if there is one; for errors.
  func firstNodeNotFinite(_ objective: ImageObjective) -> String? {
    network.firstNotFinite(parts: objective.parts.map(\.window))
  }

  /// The objective at the image; leaves its gradient in ``gradient``.
  package func differentiate(
    _ objective: ImageObjective, _ movement: Jitter
  ) throws(SynthesisError) -> SynthesisLosses {
    let patches = movement.patches(side: model.patchSide)
    try network.see(survival.moved(patches))
    let input = network.input
    movement.apply(image.view, into: input)
    let terms = objective.terms + (opponent.map { [$0] } ?? [])
    var losses = network.differentiate(terms, patches)
    movedGradient.copy(from: network.gradient)
    for gradient in terms.compactMap(\.imageGradient) {
      VectorKernels.current.scale(gradient, by: 1, into: movedGradient, accumulates: true)
    }
    if let part, !objective.parts.isEmpty {
      var sum = 0.0
      for each in objective.parts { sum += loss(of: each, in: input.view, part) }
      losses.add(.partLabels, sum)
    }
    if let term = objective.totalVariation {
      let value = term.loss(input.view, addingTo: movedGradient)
      losses.add(.totalVariation, value, weight: Double(term.weight))
    }
    movement.applyInverse(movedGradient.view, into: gradient)
    return losses
  }

  /// The image as the method leaves it: SMI's are of 8 bits, and of sparse ones only the patches
  /// that the model attends to most are left.
  package func finishedImage() throws(SynthesisError) -> Tensor {
    let method = settings.options.method
    guard method.isInversion else { return image.view.tensor }
    var pixels = image.view.tensor.elements
    var kept = Set(survival.patches)
    if let pruning = network.pruning {
      var all = PatchSurvival(rows: model.rows, columns: model.columns)
      try network.see(all.patches)
      network.input.copy(from: image.view)
      network.evaluate()
      all.drop(
        toCount: PatchSurvival.finalCount(
          tokens: pruning.tokenCount, of: model.rows * model.columns),
        scores: network.scores)
      kept = Set(all.patches)
    }
    let (height, width) = (model.imageShape[1], model.imageShape[2])
    let (mean, deviation) = (
      settings.preprocessing.mean, settings.preprocessing.standardDeviation
    )
    for i in pixels.indices {
      let (channel, row, column) = (i / (height * width), i / width % height, i % width)
      let patch =
        min(row / model.patchSide, model.rows - 1) * model.columns
        + min(column / model.patchSide, model.columns - 1)
      guard kept.contains(patch) else {
        pixels[i] = 0
        continue
      }
      let pixel = pixels[i] * deviation[channel] + mean[channel]
      let level = (min(max(pixel, 0), 1) * 255).rounded(.toNearestOrEven)
      pixels[i] = (level / 255 - mean[channel]) / deviation[channel]
    }
    return Tensor(model.imageShape, pixels)
  }

  /// Drops the patches that the class token attended to least in the last evaluation.
  private func drop() {
    let counts = PatchSurvival.counts(of: model.rows * model.columns)
    guard let count = counts.first(where: { $0 < survival.patches.count }) else { return }
    survival.drop(toCount: count, scores: network.scores)
  }

  /// The loss of one part; adds its gradient to that of the moved image.
  private func loss(
    of each: ImageObjective.Part, in input: TensorView, _ part: Evaluator
  ) -> Double {
    let resize = BilinearResize(
      each.window, height: model.imageShape[1], width: model.imageShape[2])
    resize.apply(input, into: part.input(model.image))
    part.forward()
    let loss = ClassLabel.crossEntropy(
      part.value(model.logits), target: each.label, cotangent: part.cotangent(model.logits))
    part.backward()
    resize.addTranspose(part.gradient(model.image), to: movedGradient)
    return loss
  }

  private func clamp() {
    let plane = model.imageShape[1] * model.imageShape[2]
    for (channel, bound) in settings.bounds.enumerated() {
      for i in (channel * plane)..<((channel + 1) * plane) {
        image[i] = min(max(image[i], bound.lowerBound), bound.upperBound)
      }
    }
  }
}
