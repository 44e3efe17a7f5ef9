import Synchronization
package import VitqAutodiff
package import VitqGraph
package import VitqImage
package import VitqTensor

/// Makes images from a full-precision vision transformer alone.
///
/// The objective of an image is the sum of the terms of its method, ``ImageObjective``, minimised
/// by Adam from Gaussian noise. SARDFQ's, "Semantics Alignment and Reinforcement for Data-Free
/// Quantization of Vision Transformers", equation 13, with the labels of the parts, is
///
///     L(x) = α₁ L_APA(x) + L_SL(x) + 0.05 L_TV(x) + Σ L_SL(part of x)
///
/// The same seed gives the same bytes with any number of workers, interrupted or not. Images are
/// independent of each other, except those of PSAQ-ViT V2, ``AdaptiveGame``.
package struct Synthesizer: Sendable {
  package let options: SynthesisOptions
  private let graph: Graph
  private var settings: SynthesisSettings
  private let constants: ConstantPool
  private let pruning: TokenPruning?

  /// The steps of an image that are reported; always the same ones, so that curves are too.
  private static let reportCount = 100

  /// Prepares to synthesise.
  ///
  /// - Parameters:
  ///   - graph: The full-precision model.
  ///   - preprocessing: How its images are normalised.
  ///   - options: What to synthesise.
  /// - Throws: ``SynthesisError`` if the model or an option is not supported.
  package init(
    _ graph: Graph, preprocessing: Preprocessing, options: SynthesisOptions
  ) throws(SynthesisError) {
    try options.check()
    self.options = options
    let found = try SynthesisModel(graph)
    try Self.check(found, for: options)
    if options.method == .smiSparse {
      let pruning = try TokenPruning(graph, found)
      self.pruning = pruning
      self.graph = try pruning.graph(keeping: found.rows * found.columns).graph
    } else {
      pruning = nil
      self.graph = graph
    }
    constants = ConstantPool(self.graph)
    settings = SynthesisSettings(
      try SynthesisModel(self.graph), options, preprocessing: preprocessing)
  }

  /// Takes the attention to real images as the priors of the kind `real`; without, no image of such
  /// takes a step.
  ///
  /// - Parameter images: Normalised images [3, H, W], at least one.
  package mutating func takePriors(from images: [Tensor]) {
    settings.reference = ReferenceAttention(
      graph, constants: constants, settings.model, images: images)
  }

  /// The views of an image that each of its steps evaluates the model at: the whole, and its parts.
  package func viewCount(image: Int) -> Int {
    1 + ImageObjective.windows(settings, image: image).count
  }

  private static func check(
    _ model: SynthesisModel, for options: SynthesisOptions
  ) throws(SynthesisError) {
    switch options.method {
    case .psaq, .psaqV2, .clamp:
      guard model.attentionOutputs.isEmpty else { return }
      throw .missingLandmark(.attentionOutput(block: 0))
    case .sardfq:
      guard model.isWindowed, options.attentionPriors.isOn,
        options.augmentation == .jitterAndFlip
      else { return }
      throw .invalidOption(
        "augmentation", found: options.augmentation.rawValue,
        requirement: "none or jitter for attention priors of windows")
    case .smiDense, .smiSparse: return
    case .noise:
      throw .invalidOption(
        "method", found: options.method.rawValue, requirement: "a method that optimises images")
    }
  }

  /// Synthesises the images.
  ///
  /// - Parameters:
  ///   - images: The numbers of those to make, all if `nil`. The method whose images depend on one
  ///     another, psaq-v2, makes all.
  ///   - workers: The threads to use.
  ///   - journal: Where to put down unfinished images and to find those of an earlier run.
  ///   - cancellation: Makes the call throw ``SynthesisError/cancelled`` after the steps under way
  ///     are in the journal.
  ///   - progress: Called from the workers about a hundred times for each image, at the same steps
  ///     in every run, and after its last step.
  ///   - restored: Called from the workers with the steps of an image that an earlier run took.
  /// - Returns: The images in the order of `images`.
  /// - Throws: ``SynthesisError``.
  package func run(
    images: [Int]? = nil, workers: Workers, journal: SynthesisJournal? = nil,
    cancellation: Cancellation = Cancellation(),
    progress: @escaping @Sendable (SynthesisProgress) -> Void = { _ in },
    restored: @escaping @Sendable (_ image: Int, _ step: Int) -> Void = { _, _ in }
  ) throws(SynthesisError) -> [SynthesizedImage] {
    if options.method == .psaqV2 {
      return try play(workers, journal, cancellation, restored, progress)
    }
    let numbers = images ?? Array(0..<options.imageCount)
    let failure = Mutex<SynthesisError?>(nil)
    let stop = Cancellation(within: cancellation)
    do throws(SynthesisError) {
      return try workers.map(numbers.count) { () throws(SynthesisError) in
        try ImageOptimizer(graph, constants: constants, settings, pruning: pruning)
      } body: { (optimizer, item) throws(SynthesisError) in
        do throws(SynthesisError) {
          let number = numbers[item]
          let state = try journal?.state(image: number, settings.model.imageShape)
          if let state { restored(number, state.step) }
          return try synthesize(
            number, from: state, optimizer, journal, stop, progress)
        } catch {
          // The others stop too, so that a failure shows at once and not after their images.
          if error != .cancelled { failure.withLock { $0 = $0 ?? error } }
          stop.request()
          throw error
        }
      }
    } catch {
      throw failure.withLock { $0 } ?? error
    }
  }

  /// PSAQ-ViT V2.
  private func play(
    _ workers: Workers, _ journal: SynthesisJournal?, _ cancellation: Cancellation,
    _ restored: (_ image: Int, _ step: Int) -> Void,
    _ progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(SynthesisError) -> [SynthesizedImage] {
    let game = AdaptiveGame(
      graph: graph, constants: constants, settings: settings, workers: workers)
    var state = try game.start()
    if let stored = try journal?.game(like: state) {
      state = stored
      for (index, image) in state.images.enumerated() { restored(index, image.step) }
    }
    let interval = max(options.checkpointInterval / options.student.imageSteps, 1)
    while state.cycle < game.cycleCount {
      do throws(SynthesisError) {
        try game.play(&state, cancellation, progress: progress)
      } catch {
        if error == .cancelled { try journal?.store(state) }
        throw error
      }
      if state.cycle % interval == 0 || state.cycle == game.cycleCount {
        try journal?.store(state)
      }
    }
    for (index, image) in state.images.enumerated() {
      try journal?.store(image, image: index)
    }
    return state.images.map {
      SynthesizedImage(pixels: $0.image, classes: [], prior: nil)
    }
  }

  private func synthesize(
    _ index: Int, from state: ImageState?, _ optimizer: ImageOptimizer,
    _ journal: SynthesisJournal?,
    _ cancellation: Cancellation, _ progress: @Sendable (SynthesisProgress) -> Void
  ) throws(SynthesisError) -> SynthesizedImage {
    let objective = ImageObjective(settings, image: index)
    var step = 0
    if let state {
      optimizer.restore(state)
      step = state.step
    } else {
      optimizer.start(image: index)
    }
    if step < options.stepCount, settings.reference == nil, let folder = options.referenceFolder {
      throw .invalidOption(
        "attention priors", found: "real \(folder)", requirement: "a folder with images")
    }
    let reportInterval = max(options.stepCount / Self.reportCount, 1)
    while step < options.stepCount {
      if cancellation.isRequested {
        try journal?.store(optimizer.state, image: index)
        throw .cancelled
      }
      let losses = try optimizer.step(objective, image: index)
      step += 1
      let isLast = step == options.stepCount
      if let term = losses.firstNotFinite {
        throw .notFinite(
          image: index, step: step, term, node: optimizer.firstNodeNotFinite(objective))
      }
      if isLast || step % options.checkpointInterval == 0, !optimizer.isFinite {
        throw .notFinite(image: index, step: step, nil, node: nil)
      }
      if isLast || step % options.checkpointInterval == 0 {
        try journal?.store(optimizer.state, image: index)
      }
      if isLast || step % reportInterval == 0 {
        progress(SynthesisProgress(image: index, step: step, losses: losses))
      }
    }
    return SynthesizedImage(
      pixels: try optimizer.finishedImage(), classes: objective.classes,
      prior: objective.prior)
  }
}
