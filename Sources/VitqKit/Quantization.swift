package import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqImage
import VitqLowering
package import VitqQuantization
package import VitqSynthesis
import VitqTensor

/// From a full-precision model to a packed one.
package struct Quantization: Sendable {
  private let model: GraphModel
  /// Where the model came from.
  private let path: String
  private let recipe: RunRecipe
  /// Where synthesis keeps its state and images.
  package var workFolder: String
  /// What becomes of a run that the work folder holds.
  package var existingRun: SynthesisJournal.ExistingRun = .resumed
  /// Where the images lie, if the recipe takes them from a folder.
  package var imageFolder: String?
  /// Where learners keep what they learned until the model is written; `nil` for nowhere.
  package var learnerFolder: String?
  /// Whether a run of the same model, images and recipe that left something there goes on.
  package var resumesLearner = true
  /// Images that were made before, in place of those that would be.
  package var parts: ImageParts?
  package var computesAllRows = false
  /// Whether a loss that ends well above where it began ends the run, in place of a warning.
  package var isStrict = false

  /// Checks that the model can be quantized and that the recipe suits it.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - path: Where it came from.
  ///   - recipe: How its images are made and it is quantized.
  ///   - workFolder: Where synthesis keeps its state and images.
  ///   - imageFolder: Where the images lie, if the recipe takes them from a folder.
  /// - Throws: ``KitError``.
  package init(
    of model: GraphModel, path: String, recipe: RunRecipe, workFolder: String,
    imageFolder: String? = nil
  ) throws(KitError) {
    try model.checkFullPrecision(path: path)
    try recipe.checkQuantization(of: model)
    self.model = model
    self.path = path
    self.recipe = recipe
    self.workFolder = workFolder
    self.imageFolder = imageFolder
  }

  /// Where learners keep what they learned for the model at a path.
  package static func learnerFolder(ofModel path: String) -> String { "\(path).learner" }

  /// What came out, before it is written.
  package struct Outcome {
    /// The quantized graph; reads pixels.
    package let graph: GraphModel
    package let lowered: PackedModel
    package let reports: [QuantizerReport]
    package let synthesized: [SynthesizedImage]
    /// How the objective of each image fell; empty if images were not optimised.
    package let losses: [LossRecord.Point]
    /// How the loss of each part fell that was learned by gradients; empty if none was.
    package let learnerLosses: [PartLosses]
    /// What the user should know of it, one sentence each.
    package let warnings: [String]
    fileprivate let journal: LearnerJournal?

    /// Removes what a learner kept; for when the model is written.
    package func forgetLearning() { journal?.remove() }
  }

  /// Called while the work goes on.
  package struct Observer: Sendable {
    package var synthesis: @Sendable (SynthesisProgress) -> Void
    /// Told of the steps of an image that an earlier run took.
    package var restored: @Sendable (_ image: Int, _ step: Int) -> Void
    package var calibration: @Sendable (QuantizationProgress) -> Void
    /// Told how many of how many images of a folder are taken.
    package var drawn: @Sendable (_ count: Int, _ total: Int) -> Void
    /// Told what the user should know of the run, as soon as it is known.
    package var warned: @Sendable (String) -> Void

    package init(
      synthesis: @escaping @Sendable (SynthesisProgress) -> Void = { _ in },
      restored: @escaping @Sendable (_ image: Int, _ step: Int) -> Void = { _, _ in },
      calibration: @escaping @Sendable (QuantizationProgress) -> Void = { _ in },
      drawn: @escaping @Sendable (_ count: Int, _ total: Int) -> Void = { _, _ in },
      warned: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.warned = warned
      self.drawn = drawn
      self.restored = restored
      self.synthesis = synthesis
      self.calibration = calibration
    }
  }

  /// Makes or reads the calibration images, calibrates, and lowers.
  ///
  /// - Parameters:
  ///   - workers: Threads; results do not depend on their number.
  ///   - cancellation: Ends the run; the images, finished or not, stay in the work folder, what a
  ///     learner learned in its own, and the next run goes on from them.
  ///   - observer: Told of progress.
  /// - Returns: The graph, the program and what was found out on the way.
  /// - Throws: ``KitError``.
  package func run(
    workers: Workers, cancellation: Cancellation, observer: Observer
  ) throws(KitError) -> Outcome {
    try checkFolders()
    let digest = try Self.digest(of: path)
    if let parts, let options = synthesis, let image = model.graph.landmarks[.image] {
      try parts.gather(
        into: workFolder, modelDigest: digest, options: options, shape: model.graph[image].shape,
        existing: existingRun)
    }
    let record = LossRecord()
    let watch = DivergenceWatch(
      isStrict: isStrict, cancellation: cancellation, warned: observer.warned)
    let calibration = try calibrationImages(
      digest: digest, workers: workers, watch: watch, record: record, observer: observer)
    if let options = recipe.optimized {
      let images = calibration.synthesized
      let saturated = SaturatedImages(
        images, numbers: Array(images.indices), model.preprocessing)
      try watch.judge(record, saturated, of: options)
    }
    let (quantized, journal) = try quantize(digest, calibration, workers, watch, observer)
    try watch.check()
    var graph = model
    graph.graph = quantized.graph
    graph.inputDomain = .pixels
    graph.recipe = recipe.text
    graph.calibrationImages = calibration.files
    let lowered: LoweredModel
    do throws(LoweringError) {
      lowered = try Lowering.lower(
        quantized.graph, options: LoweringOptions(computesAllRows: computesAllRows))
    } catch {
      throw KitError(.malformedInput, "\(path): \(error)")
    }
    let packed = PackedModel(
      program: lowered.program,
      tensors: lowered.constants.map { constant in
        switch constant.elements {
        case .bytes(let bytes): OutputTensor(constant.name, bytes: bytes, shape: constant.shape)
        case .floats(let values): OutputTensor(constant.name, values, shape: constant.shape)
        case .bfloat16(let values):
          OutputTensor(constant.name, type: .bf16, shape: constant.shape, pieceCount: 1) { _ in
            values
          }
        case .signedBytes(let values):
          OutputTensor(
            constant.name, bytes: values.map { UInt8(bitPattern: $0) }, type: .i8,
            shape: constant.shape)
        }
      },
      model: model, recipe: recipe.text, seed: recipe.seed, calibrationImages: calibration.files)
    return Outcome(
      graph: graph, lowered: packed, reports: quantized.entries,
      synthesized: calibration.synthesized, losses: record.sorted,
      learnerLosses: quantized.losses, warnings: watch.warnings,
      journal: journal)
  }

  /// The folders with what an interrupted run leaves to the next one.
  package var foldersToGoOnFrom: [String] {
    let images = recipe.optimized != nil && ImageParts.isPart(workFolder) ? [workFolder] : []
    return images + (learnerFolder.map { LearnerJournal.hasStates($0) ? [$0] : [] } ?? [])
  }

  /// Refuses folders that the run cannot use, and looks for the real images that it needs, before
  /// any work; makes and claims nothing.
  ///
  /// - Throws: ``KitError`` that names the folder.
  package func checkFolders() throws(KitError) {
    if let learnerFolder {
      do throws(QuantizationError) {
        try LearnerJournal.check(learnerFolder)
      } catch {
        throw KitError(learnerFolder, error)
      }
    }
    try CalibrationImages.check(source(), workFolder: workFolder)
  }

  /// Refuses parts that do not make all images, where the run is only planned; ``run`` does it too.
  ///
  /// - Throws: ``KitError`` that names the part or the image.
  package func checkParts() throws(KitError) {
    guard let parts, let options = synthesis, let image = model.graph.landmarks[.image] else {
      return
    }
    _ = try parts.places(
      modelDigest: Self.digest(of: path), options: options, shape: model.graph[image].shape)
  }

  /// Calibrates and learns, from where an earlier run ended.
  private func quantize(
    _ digest: String, _ calibration: CalibrationImages, _ workers: Workers,
    _ watch: DivergenceWatch, _ observer: Observer
  ) throws(KitError) -> (quantized: QuantizedGraph, journal: LearnerJournal?) {
    var journal: LearnerJournal?
    do throws(QuantizationError) {
      if let learnerFolder {
        journal = try LearnerJournal(
          folder: learnerFolder,
          plan: LearnerJournal.Plan(
            modelDigest: digest, recipe: recipe.text, images: calibration.images),
          isResumed: resumesLearner)
      }
      let quantized = try Quantizer.quantize(
        model.graph, mean: model.preprocessing.mean,
        standardDeviation: model.preprocessing.standardDeviation, images: calibration.images,
        recipe: recipe.quantization, workers: workers,
        isCancelled: { watch.cancellation.isRequested }, journal: journal
      ) { progress in
        guard let rise = progress.rise else { return observer.calibration(progress) }
        watch.note(rise.warning(learner: recipe.quantization.learner))
      }
      return (quantized, journal)
    } catch {
      try watch.check()
      // A folder with nothing to go on from is of no use.
      if let learnerFolder, !LearnerJournal.hasStates(learnerFolder) { journal?.remove() }
      throw KitError(path, error, images: calibration.files.map(\.name))
    }
  }

  private func calibrationImages(
    digest: String, workers: Workers, watch: DivergenceWatch, record: LossRecord,
    observer: Observer
  ) throws(KitError) -> CalibrationImages {
    var recorder = observer
    recorder.synthesis = {
      record.record($0)
      if let options = recipe.optimized { watch.judge($0, of: options, record) }
      observer.synthesis($0)
    }
    do throws(KitError) {
      let images = try CalibrationImages(
        source(), workFolder: workFolder, existingRun: parts == nil ? existingRun : .resumed,
        for: model, path: path, digest: digest, workers: workers, cancellation: watch.cancellation,
        observer: recorder)
      if recipe.optimized != nil {
        record.load(from: workFolder)
        try record.store(in: workFolder)
      }
      return images
    } catch {
      // The curve of an unfinished run is of use to the next one, and no more than that.
      if watch.cancellation.isRequested, recipe.optimized != nil {
        record.load(from: workFolder)
        try? record.store(in: workFolder)
      }
      try watch.check()
      throw error
    }
  }

  /// The options of synthesis; with images that were made before, they state the priors of those.
  private var synthesis: SynthesisOptions? {
    var options = recipe.synthesis
    if let parts { options?.attentionPriors.references = parts.references }
    return options
  }

  private func source() throws(KitError) -> ImageSource {
    switch recipe.images {
    case .synthesis(let options): return .synthesis(synthesis ?? options)
    case .folder(let limit):
      guard let imageFolder else {
        throw KitError(
          .badConfiguration,
          "images.method: expected a folder of images with a recipe of method folder, found none")
      }
      return .folder(imageFolder, limit: limit, seed: recipe.seed)
    }
  }

  /// Identifies a model: the SHA-256 of its file.
  static func digest(of path: String) throws(KitError) -> String {
    do throws(FileError) {
      return try FileBytes(path: path).hexDigest()
    } catch {
      throw KitError(reading: path, error)
    }
  }
}

extension KitError {
  /// Trouble with making images of the model at `path`.
  init(_ path: String, _ error: SynthesisError) {
    self.init(error)
    if case .notFinite = error { self.init(kind, "\(path): \(error)") }
  }

  /// Trouble with quantizing the model at `path`; `images` are the names of the calibration images,
  /// if those are files.
  init(_ path: String, _ error: QuantizationError, images: [String] = []) {
    switch error {
    case .cancelled: self.init(.interrupted, "\(error)")
    case .journal(let error): self.init(error)
    case .damagedState: self.init(.malformedInput, "\(error)")
    case .notFinite(_, let image?) where image < images.count:
      self.init(.selfCheckFailed, "\(path): \(error), \(images[image])")
    case .notFinite, .diverged: self.init(.selfCheckFailed, "\(path): \(error)")
    default: self.init(.malformedInput, "\(path): \(error)")
    }
  }
}
