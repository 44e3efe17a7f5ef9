package import VitqAutodiff
package import VitqFormat
import VitqGraph
import VitqImage
import VitqImageCodecs
package import VitqSynthesis
package import VitqTensor

/// Calibration images, and how synthesis drew them.
package struct CalibrationImages: Sendable {
  /// Normalised images [3, H, W].
  package let images: [Tensor]
  /// Empty unless they were synthesised.
  package let synthesized: [SynthesizedImage]
  /// The files of a folder that they, or the priors of their synthesis, were read from; empty of
  /// others.
  package let files: [ModelHeader.Source]

  /// Makes or reads the images of a source.
  ///
  /// - Parameters:
  ///   - source: Where they come from.
  ///   - workFolder: Where synthesis keeps its journal, which lets a run go on.
  ///   - existingRun: What becomes of a run that the folder holds.
  ///   - model: The full-precision model they are for.
  ///   - path: Where it came from.
  ///   - digest: Identifies the model, so that a journal of another one is refused.
  ///   - workers: Threads; the images do not depend on their number.
  ///   - cancellation: Ends synthesis with its state saved.
  ///   - observer: Told of progress.
  /// - Throws: ``KitError``.
  package init(
    _ source: ImageSource, workFolder: String, existingRun: SynthesisJournal.ExistingRun,
    for model: GraphModel, path: String, digest: String, workers: Workers,
    cancellation: Cancellation, observer: Quantization.Observer
  ) throws(KitError) {
    switch source {
    case .synthesis(let options) where options.method == .noise:
      (synthesized, files) = ([], [])
      var noise = Noise()
      (noise.imageCount, noise.seed) = (options.imageCount, options.seed)
      images = noise.images([3, model.preprocessing.inputHeight, model.preprocessing.inputWidth])
    case .synthesis(let options):
      let (synthesizer, journal, priors) = try Self.start(
        options, images: Array(0..<options.imageCount), in: workFolder, existingRun, for: model,
        digest: digest)
      do throws(SynthesisError) {
        synthesized = try synthesizer.run(
          workers: workers, journal: journal, cancellation: cancellation,
          progress: observer.synthesis, restored: observer.restored)
      } catch {
        throw KitError(path, error)
      }
      images = synthesized.map(\.pixels)
      files = priors
    case .folder(let folder, let limit, let seed):
      synthesized = []
      let (paths, total) = try Self.drawn(limit, from: folder, seed: seed)
      observer.drawn(paths.count, total)
      var files: [ModelHeader.Source] = []
      images = try paths.map { path throws(KitError) in
        let bytes = try ImagePixels.bytes(of: path)
        files.append(Self.source(bytes, path, in: folder))
        return try Self.image(bytes, path, model)
      }
      self.files = files
    }
  }

  /// Looks for what images of a source need, before any work.
  ///
  /// - Throws: ``KitError`` if there are no real images where they should be, or the work folder
  ///   holds files of others.
  static func check(_ source: ImageSource, workFolder: String) throws(KitError) {
    switch source {
    case .synthesis(let options) where options.method == .noise: return
    case .synthesis(let options):
      if options.attentionPriors.references.isEmpty, let folder = options.referenceFolder {
        _ = try paths(in: folder)
      }
      do throws(SynthesisError) {
        try SynthesisJournal.check(workFolder)
      } catch {
        throw KitError(error)
      }
    case .folder(let folder, _, _): _ = try paths(in: folder)
    }
  }

  /// What makes images from a model, and the journal of the run, for a whole one and for a part of
  /// one alike.
  ///
  /// Real images that are priors are drawn, so that the plan states them, and read where an image
  /// has steps to take; where the options state them already, all images are finished.
  ///
  /// - Parameters:
  ///   - options: Those of the run.
  ///   - images: The numbers of those to make.
  ///   - folder: The journal.
  ///   - existing: What becomes of a run that the folder holds.
  ///   - model: The full-precision model.
  ///   - digest: Identifies the model.
  /// - Returns: Both, and the real images that are priors.
  /// - Throws: ``KitError``.
  static func start(
    _ options: SynthesisOptions, images: [Int], in folder: String,
    _ existing: SynthesisJournal.ExistingRun, for model: GraphModel, digest: String
  ) throws(KitError) -> (Synthesizer, SynthesisJournal, priors: [ModelHeader.Source]) {
    var (synthesizer, options) = (try synthesizer(of: options, for: model), options)
    let isStated = !options.attentionPriors.references.isEmpty
    let priors = isStated ? nil : try PriorImages(of: options)
    if let priors { options.attentionPriors.references = priors.files }
    let journal: SynthesisJournal
    do throws(SynthesisError) {
      journal = try SynthesisJournal(
        folder: folder, modelDigest: digest, options: options, existing: existing)
    } catch {
      throw KitError(error)
    }
    if let priors, !journal.hasFinished(images, of: options) {
      synthesizer.takePriors(from: try priors.tensors(for: model))
    }
    return (synthesizer, journal, options.attentionPriors.references)
  }

  /// What makes images from a model; priors that are real images have yet to be read.
  static func synthesizer(
    of options: SynthesisOptions, for model: GraphModel
  ) throws(KitError) -> Synthesizer {
    let graph = try model.graph.forSynthesis()
    do throws(SynthesisError) {
      return try Synthesizer(graph, preprocessing: model.preprocessing, options: options)
    } catch {
      throw KitError(error)
    }
  }

  /// The images of a folder that a seed draws, at least one, and how many there are.
  static func drawn(
    _ count: Int, from folder: String, seed: UInt64
  ) throws(KitError) -> (paths: [String], total: Int) {
    let paths = try paths(in: folder)
    return (ImageFolder.draw(count, of: paths, seed: seed), paths.count)
  }

  /// The images of a folder, at least one.
  private static func paths(in folder: String) throws(KitError) -> [String] {
    let paths = try ImageFolder.paths(in: folder)
    guard !paths.isEmpty else {
      throw KitError(.missingInput, "\(folder): expected PNG or JPEG images, found none")
    }
    return paths
  }

  /// A file as models state it.
  static func source(
    _ bytes: [UInt8], _ path: String, in folder: String
  ) -> ModelHeader.Source {
    ModelHeader.Source(
      name: String(path.dropFirst(folder.count + 1)), sha256: SHA256.hexDigest(of: bytes))
  }

  /// A file as the model reads it, [3, H, W]; `path` is for messages.
  static func image(
    _ bytes: [UInt8], _ path: String, _ model: GraphModel
  ) throws(KitError) -> Tensor {
    let preprocessing = model.preprocessing
    let crop = preprocessing.crop(try ImagePixels.decode(bytes, path: path))
    return Tensor(
      [3, preprocessing.inputHeight, preprocessing.inputWidth], preprocessing.normalize(crop))
  }
}

extension KitError {
  init(_ error: SynthesisError) {
    switch error {
    case .cancelled: self.init(.interrupted, "\(error)")
    case .notFinite: self.init(.selfCheckFailed, "\(error)")
    case .invalidOption: self.init(.badConfiguration, "\(error)")
    case .journal(let error): self.init(error)
    case .journalDiffers: self.init(.cannotCreate, "\(error)", isOfAnotherRun: true)
    default: self.init(.malformedInput, "\(error)")
    }
  }
}
