package import VitqAutodiff
import VitqFormat
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

  /// Makes or reads the images of a source.
  ///
  /// - Parameters:
  ///   - source: Where they come from.
  ///   - workFolder: Where synthesis keeps its journal, which lets a run go on.
  ///   - existingRun: What becomes of a run that the folder holds.
  ///   - model: The full-precision model they are for.
  ///   - digest: Identifies the model, so that a journal of another one is refused.
  ///   - workers: Threads; the images do not depend on their number.
  ///   - cancellation: Ends synthesis with its state saved.
  ///   - progress: Called from the workers.
  /// - Throws: ``KitError``.
  package init(
    _ source: ImageSource, workFolder: String, existingRun: SynthesisJournal.ExistingRun,
    for model: GraphModel, digest: String, workers: Workers, cancellation: Cancellation,
    progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(KitError) {
    switch source {
    case .synthesis(let options) where options.method == .noise:
      synthesized = []
      var noise = Noise()
      (noise.imageCount, noise.seed) = (options.imageCount, options.seed)
      images = noise.images([3, model.preprocessing.inputHeight, model.preprocessing.inputWidth])
    case .synthesis(let options):
      let synthesizer = try Self.synthesizer(of: options, for: model)
      do throws(SynthesisError) {
        let journal = try SynthesisJournal(
          folder: workFolder, modelDigest: digest, options: options, existing: existingRun)
        synthesized = try synthesizer.run(
          workers: workers, journal: journal, cancellation: cancellation, progress: progress)
      } catch {
        throw KitError(error)
      }
      images = synthesized.map(\.pixels)
    case .folder(let path, let limit):
      synthesized = []
      images = try Self.images(ofFolder: path, limit: limit, model)
    }
  }

  /// What makes images from a model, for a whole run and for a part of one alike.
  static func synthesizer(
    of options: SynthesisOptions, for model: GraphModel
  ) throws(KitError) -> Synthesizer {
    let references = try references(for: options, model)
    let graph = try model.graph.forSynthesis()
    do throws(SynthesisError) {
      return try Synthesizer(
        graph, preprocessing: model.preprocessing, options: options, references: references)
    } catch {
      throw KitError(error)
    }
  }

  /// The real images whose attention is the prior, if the options say so.
  private static func references(
    for options: SynthesisOptions, _ model: GraphModel
  ) throws(KitError) -> [Tensor] {
    guard options.method == .sardfq, case .real(let folder) = options.attentionPriors.kind else {
      return []
    }
    return try images(ofFolder: folder, limit: options.imageCount, model)
  }

  private static func images(
    ofFolder path: String, limit: Int, _ model: GraphModel
  ) throws(KitError) -> [Tensor] {
    let paths = try ImageFolder.paths(in: path).prefix(limit)
    guard !paths.isEmpty else {
      throw KitError(.missingInput, "\(path): expected PNG or JPEG images, found none")
    }
    let preprocessing = model.preprocessing
    let shape: Shape = [3, preprocessing.inputHeight, preprocessing.inputWidth]
    var images: [Tensor] = []
    for path in paths {
      let crop = preprocessing.crop(try ImagePixels.read(path))
      images.append(Tensor(shape, preprocessing.normalize(crop)))
    }
    return images
  }
}

extension KitError {
  init(_ error: SynthesisError) {
    let kind: Kind =
      switch error {
      case .cancelled, .inUse: .interrupted
      case .notFinite: .selfCheckFailed
      case .journal(_, let error):
        switch error {
        case .diskFull, .shortWrite, .failed: .inputOutput
        default: .cannotCreate
        }
      case .notAJournal, .journalDiffers: .cannotCreate
      default: .malformedInput
      }
    var remedy = ""
    if case .journalDiffers = error {
      remedy = "; start anew with --no-resume, or keep both with another --work-dir"
    }
    self.init(kind, "\(error)\(remedy)")
  }
}
