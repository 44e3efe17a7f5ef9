import Synchronization
package import VitqAutodiff
package import VitqGraph
package import VitqImage
import VitqTensor

/// Makes images from a full-precision vision transformer alone: SARDFQ.
///
/// "Semantics Alignment and Reinforcement for Data-Free Quantization of Vision Transformers",
/// equation 13 for each image x, and the labels of its parts:
///
///     L(x) = α₁ L_APA(x) + L_SL(x) + 0.05 L_TV(x) + Σ L_SL(part of x)
///
/// minimised by Adam from Gaussian noise. Images are independent of each other: the same seed
/// gives the same bytes with any number of workers, interrupted or not.
package struct Synthesizer: Sendable {
  package let options: SynthesisOptions
  private let graph: Graph
  private let model: SynthesisModel
  private let constants: ConstantPool
  private let attentionWeight: Float
  private let bounds: [ClosedRange<Float>]

  /// The time between two reports of one worker.
  private static let reportInterval = Duration.milliseconds(200)

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
    try Self.check(options)
    self.options = options
    self.graph = graph
    model = try SynthesisModel(graph)
    constants = ConstantPool(graph)
    attentionWeight =
      options.attentionWeight
      ?? AttentionPriors.defaultWeight(width: model.width, mean: preprocessing.mean)
    bounds = zip(preprocessing.mean, preprocessing.standardDeviation).map {
      (-$0 / $1)...((1 - $0) / $1)
    }
  }

  private static func check(_ options: SynthesisOptions) throws(SynthesisError) {
    func require(
      _ name: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(SynthesisError) {
      guard !range.contains(value) else { return }
      throw .invalidOption(name, found: "\(value)", requirement: "\(range)")
    }
    try require("images", options.imageCount, 1...1_000_000)
    try require("steps", options.stepCount, 1...1_000_000)
    try require("checkpoint interval", options.checkpointInterval, 1...1_000_000)
    guard options.learningRate > 0, options.learningRate.isFinite else {
      throw .invalidOption(
        "learning rate", found: "\(options.learningRate)", requirement: "a positive number")
    }
    if let weight = options.attentionWeight, !(weight >= 0 && weight.isFinite) {
      throw .invalidOption("alpha", found: "\(weight)", requirement: "a number of at least 0")
    }
  }

  /// Synthesises the images.
  ///
  /// - Parameters:
  ///   - images: The numbers of those to make, all if `nil`; an image does not depend on others.
  ///   - workers: The threads to use.
  ///   - journal: Where to put down unfinished images and to find those of an earlier run.
  ///   - cancellation: Makes the call throw ``SynthesisError/cancelled`` after the steps under way
  ///     are in the journal.
  ///   - progress: Called from the workers now and then, and after the last step of each image.
  /// - Returns: The images in the order of `images`.
  /// - Throws: ``SynthesisError``.
  package func run(
    images: [Int]? = nil, workers: Workers, journal: SynthesisJournal? = nil,
    cancellation: Cancellation = Cancellation(),
    progress: @escaping @Sendable (SynthesisProgress) -> Void = { _ in }
  ) throws(SynthesisError) -> [SynthesizedImage] {
    let numbers = images ?? Array(0..<options.imageCount)
    let failure = Mutex<SynthesisError?>(nil)
    let stop = Cancellation()
    do throws(SynthesisError) {
      return try workers.map(numbers.count) { () throws(SynthesisError) in
        ImageOptimizer(
          graph, constants: constants, model, options, attentionWeight: attentionWeight,
          bounds: bounds)
      } body: { (optimizer, item) throws(SynthesisError) in
        do throws(SynthesisError) {
          return try synthesize(numbers[item], optimizer, journal, [cancellation, stop], progress)
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

  private func synthesize(
    _ index: Int, _ optimizer: ImageOptimizer, _ journal: SynthesisJournal?,
    _ cancellations: [Cancellation], _ progress: @Sendable (SynthesisProgress) -> Void
  ) throws(SynthesisError) -> SynthesizedImage {
    let targets = ImageTargets(model, options, image: index)
    var step = 0
    if let state = try journal?.state(image: index, model.imageShape) {
      optimizer.restore(state)
      step = state.step
    } else {
      optimizer.start(image: index)
    }
    var lastReport = ContinuousClock.now
    while step < options.stepCount {
      if cancellations.contains(where: \.isRequested) {
        try journal?.store(optimizer.state, image: index)
        throw .cancelled
      }
      let losses = optimizer.step(targets, image: index)
      step += 1
      let isLast = step == options.stepCount
      guard losses.total.isFinite, !isLast || optimizer.isFinite else {
        throw .notFinite(image: index, step: step)
      }
      if isLast || step % options.checkpointInterval == 0 {
        try journal?.store(optimizer.state, image: index)
      }
      if isLast || ContinuousClock.now - lastReport >= Self.reportInterval {
        lastReport = ContinuousClock.now
        progress(SynthesisProgress(image: index, step: step, losses: losses))
      }
    }
    return SynthesizedImage(
      pixels: optimizer.image.view.tensor, classes: targets.classes,
      prior: targets.priors.picture)
  }
}
