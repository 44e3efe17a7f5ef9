package import VitqAutodiff
import VitqGraph
import VitqQuantization
import VitqReporting
import VitqSynthesis
import VitqTensor

/// What a run will take, before it is started.
package struct RunEstimate: Sendable {
  /// Bytes of memory at the peak.
  package let byteCount: Int
  /// Seconds of the images; `nil` if nothing was timed.
  package let synthesisSeconds: Double?
  /// Seconds of calibration and learning; `nil` if nothing was timed.
  package let quantizationSeconds: Double?

  /// Evaluations of the model that calibrating with one image takes, and that the search of steps
  /// and the rounding of weights take whatever the images; measured on DeiT-Tiny.
  private static let evaluationsOfCalibration = (each: 10.0, fixed: 400.0)
  /// Steps that are timed of each thread, after as many.
  private static let timedSteps = 2

  /// Estimates a run.
  ///
  /// - Parameters:
  ///   - recipe: The run.
  ///   - model: The model.
  ///   - images: How many of its images are made; all if `nil`, none if they are there.
  ///   - quantizes: Whether the model is quantized, or only images are made.
  ///   - workers: Its threads.
  ///   - isTimed: Whether to time a few steps, which takes seconds.
  /// - Throws: ``KitError`` if images cannot be synthesised from the model.
  package init(
    of recipe: RunRecipe, on model: GraphModel, images: Int? = nil, quantizes: Bool = true,
    workers: Workers, isTimed: Bool
  ) throws(KitError) {
    let demand = MemoryDemand(of: recipe, on: model.graph, workers: workers)
    byteCount = max(
      try demand.synthesis(images: images), quantizes ? try demand.quantization() : 0)
    guard isTimed else {
      (synthesisSeconds, quantizationSeconds) = (nil, nil)
      return
    }
    synthesisSeconds = try Self.synthesisSeconds(
      of: recipe, on: model, images: images ?? recipe.imageCount, workers: workers)
    guard quantizes else {
      quantizationSeconds = 0
      return
    }
    let evaluation = Self.evaluationSeconds(
      of: model, ConstantPool(model.graph), workers: workers)
    let evaluations = Self.evaluationsOfCalibration
    quantizationSeconds =
      evaluation * Double(recipe.quantization.attemptCount)
      * (evaluations.fixed + evaluations.each * Double(recipe.imageCount)
        + Self.learningEvaluations(of: recipe))
  }

  /// Refuses a run that would fail for want of memory, before any work.
  ///
  /// - Parameter limit: The bytes of memory that there are for it.
  /// - Throws: ``KitError``, ``KitError/Kind/refusedByPolicy``.
  package func check(limit: Int) throws(KitError) {
    guard byteCount > limit else { return }
    throw KitError(
      .refusedByPolicy,
      "the run needs about \(Figures.megabytes(byteCount)) of memory: expected at most "
        + "\(Figures.megabytes(limit)); use fewer images or threads")
  }

  /// Calls of the model, each for one image, that learning by gradients takes.
  ///
  /// A step of a block reads a batch of all images; its gradient costs two more evaluations.
  private static func learningEvaluations(of recipe: RunRecipe) -> Double {
    guard recipe.quantization.learner == .sardfq else { return 0 }
    return Double(2 * recipe.quantization.iterations * 3 * min(recipe.imageCount, 32))
  }

  private static func synthesisSeconds(
    of recipe: RunRecipe, on model: GraphModel, images: Int, workers: Workers
  ) throws(KitError) -> Double {
    guard let options = recipe.optimized, images > 0 else { return 0 }
    var trial = options
    trial.imageCount = workers.count
    func seconds(of steps: Int) throws(KitError) -> Double {
      trial.stepCount = steps
      var synthesizer = try CalibrationImages.synthesizer(of: trial, for: model)
      if let priors = try PriorImages(of: trial) {
        synthesizer.takePriors(from: try priors.tensors(for: model))
      }
      do throws(SynthesisError) {
        let start = ContinuousClock.now
        _ = try synthesizer.run(workers: workers)
        return (ContinuousClock.now - start).inSeconds
      } catch {
        throw KitError(error)
      }
    }
    let few = try seconds(of: timedSteps)
    let many = try seconds(of: 2 * timedSteps + 1)
    // What is done once is in both; a machine busy with something else may take longer over the few.
    let step =
      many > few ? (many - few) / Double(timedSteps + 1) : many / Double(2 * timedSteps + 1)
    let synthesizer = try CalibrationImages.synthesizer(of: options, for: model)
    let views = (0..<max(images, workers.count)).map { synthesizer.viewCount(image: $0) }
    // The images that were timed ran side by side, so the one of most views ended last.
    let slowest = views.prefix(workers.count).max() ?? 1
    let span = Self.span(of: views.prefix(images), workers: workers.count)
    return step / Double(slowest) * Double(options.stepCount * span)
  }

  /// When the last of some items ends that workers take in order, each as it becomes free.
  ///
  /// - Parameters:
  ///   - costs: How long each item takes.
  ///   - workers: Their number, at least 1.
  /// - Returns: The time from the start, in the unit of `costs`.
  package static func span(of costs: some Sequence<Int>, workers: Int) -> Int {
    var loads = [Int](repeating: 0, count: workers)
    for cost in costs {
      let free = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      loads[free] += cost
    }
    return loads.max() ?? 0
  }

  /// Seconds of one evaluation of one image, shared by the threads, all at work.
  private static func evaluationSeconds(
    of model: GraphModel, _ constants: ConstantPool, workers: Workers
  ) -> Double {
    let logits = model.graph.landmarks[.logits] ?? model.graph.outputs[0]
    let seconds = workers.map(workers.count) {
      Evaluator(model.graph, constants: constants, keeping: [logits])
    } body: { evaluator, _ in
      evaluator.forward()
      let start = ContinuousClock.now
      evaluator.forward()
      return (ContinuousClock.now - start).inSeconds
    }
    return (seconds.max() ?? 0) / Double(workers.count)
  }
}
