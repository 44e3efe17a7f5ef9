package import VitqAutodiff
package import VitqGraph
package import VitqTensor

/// Optimises one image after another in memory of its own; belongs to one thread.
package final class ImageOptimizer {
  private let model: SynthesisModel
  private let options: SynthesisOptions
  private let attentionWeight: Float
  private let bounds: [ClosedRange<Float>]
  private let schedule: LearningRateSchedule
  private let whole: Evaluator
  private let part: Evaluator
  private let arena: Arena
  private let shiftedGradient: MutableTensorView
  private let adam: Adam

  /// The pixels, normalised [3, H, W].
  package let image: MutableTensorView
  /// ∂L/∂image of the last step.
  package let gradient: MutableTensorView

  /// - Parameters:
  ///   - graph: The full-precision model.
  ///   - constants: Its constants.
  ///   - model: What was found in it.
  ///   - options: What to synthesise.
  ///   - attentionWeight: α₁.
  ///   - bounds: The range of valid pixels of each channel.
  package init(
    _ graph: Graph, constants: ConstantPool, _ model: SynthesisModel,
    _ options: SynthesisOptions, attentionWeight: Float, bounds: [ClosedRange<Float>]
  ) {
    self.model = model
    self.options = options
    self.attentionWeight = attentionWeight
    self.bounds = bounds
    schedule = LearningRateSchedule(base: options.learningRate, stepCount: options.stepCount)
    let aligned =
      options.terms.contains(.attentionPriors)
      ? AttentionPriors.alignedBlocks(of: model.attentions.count).map { model.attentions[$0] } : []
    whole = Evaluator(
      graph, constants: constants, keeping: aligned + [model.logits],
      seeds: aligned + [model.logits], gradients: [model.image])
    part = Evaluator(
      graph, constants: constants, keeping: [model.logits], seeds: [model.logits],
      gradients: [model.image])
    let count = model.imageShape.elementCount
    arena = Arena(elementCount: 3 * count)
    image = arena.view(at: 0, model.imageShape)
    gradient = arena.view(at: count, model.imageShape)
    shiftedGradient = arena.view(at: 2 * count, model.imageShape)
    adam = Adam(
      model.imageShape,
      AdamRates(rate: Float(options.learningRate), beta1: 0.5, beta2: 0.9, epsilon: 1e-8))
  }

  /// Starts an image from noise.
  package func start(image index: Int) {
    var random = ImageRandom(seed: options.seed, image: index, .pixels)
    Noise.fill(image, &random)
    adam.reset()
  }

  /// Whether every pixel is a number.
  package var isFinite: Bool { image.view.tensor.elements.allSatisfy(\.isFinite) }

  /// What to write down to go on later.
  package var state: ImageState {
    ImageState(
      step: adam.stepCount, image: image.view.tensor,
      firstMoments: adam.firstMoments.view.tensor, secondMoments: adam.secondMoments.view.tensor)
  }

  /// Goes on from what was written down.
  package func restore(_ state: ImageState) {
    adam.stepCount = state.step
    state.image.withView { image.copy(from: $0) }
    state.firstMoments.withView { adam.firstMoments.copy(from: $0) }
    state.secondMoments.withView { adam.secondMoments.copy(from: $0) }
  }

  /// Takes the next step of the image numbered `index`.
  package func step(_ targets: ImageTargets, image index: Int) -> SynthesisLosses {
    let step = adam.stepCount
    let losses = differentiate(targets, jitter(image: index, step: step))
    adam.rates.rate = Float(schedule.rate(step))
    adam.step(image, gradient: gradient.view)
    clamp()
    return losses
  }

  /// The objective at the image; leaves its gradient in ``gradient``.
  package func differentiate(_ targets: ImageTargets, _ jitter: Jitter) -> SynthesisLosses {
    let input = whole.input(model.image)
    jitter.apply(image.view, into: input)
    var losses = wholeLosses(targets, jitter)
    shiftedGradient.copy(from: whole.gradient(model.image))
    for (window, label) in zip(targets.windows, targets.labels.parts) {
      losses.parts += partLoss(window, label, of: input.view)
    }
    losses.total += losses.parts
    if options.terms.contains(.totalVariation) {
      losses.totalVariation = targets.totalVariation.loss(
        input.view, weight: TotalVariation.weight, addingTo: shiftedGradient)
      losses.total += Double(TotalVariation.weight) * losses.totalVariation
    }
    jitter.applyInverse(shiftedGradient.view, into: gradient)
    return losses
  }

  /// The terms that the whole image has through the model; leaves its gradient in `whole`.
  private func wholeLosses(_ targets: ImageTargets, _ jitter: Jitter) -> SynthesisLosses {
    var losses = SynthesisLosses()
    whole.forward()
    if options.terms.contains(.attentionPriors) {
      let shift = jitter.patches(side: model.patchSide)
      for block in targets.priors.blocks {
        let id = model.attentions[block]
        losses.attentionPriors += targets.priors.loss(
          block: block, attention: whole.value(id), shift: (shift, shift),
          weight: attentionWeight, cotangent: whole.cotangent(id))
      }
    }
    losses.image = CrossEntropy.loss(
      whole.value(model.logits), target: targets.labels.image,
      cotangent: whole.cotangent(model.logits))
    whole.backward()
    losses.total = Double(attentionWeight) * losses.attentionPriors + losses.image
    return losses
  }

  /// The loss of one part; adds its gradient to that of the shifted image.
  private func partLoss(_ window: Window, _ label: [Float], of input: TensorView) -> Double {
    let resize = BilinearResize(
      window, height: model.imageShape[1], width: model.imageShape[2])
    resize.apply(input, into: part.input(model.image))
    part.forward()
    let loss = CrossEntropy.loss(
      part.value(model.logits), target: label, cotangent: part.cotangent(model.logits))
    part.backward()
    resize.addTranspose(part.gradient(model.image), to: shiftedGradient)
    return loss
  }

  private func jitter(image index: Int, step: Int) -> Jitter {
    guard options.jitters else { return .none }
    var random = ImageRandom(seed: options.seed, image: index, .jitter, step: step)
    return Jitter(isSecondRound: schedule.isSecondRound(step), &random)
  }

  private func clamp() {
    let plane = model.imageShape[1] * model.imageShape[2]
    for (channel, bound) in bounds.enumerated() {
      for i in (channel * plane)..<((channel + 1) * plane) {
        image[i] = min(max(image[i], bound.lowerBound), bound.upperBound)
      }
    }
  }
}
