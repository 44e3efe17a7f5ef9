package import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqImage
import VitqImageCodecs
package import VitqSynthesis
package import VitqTensor

/// Where the images come from that activations are calibrated with.
package enum CalibrationSource: Sendable, Equatable {
  /// Synthesised from the model by SARDFQ; a journal in `folder` lets a run go on.
  case sardfq(SynthesisOptions, folder: String)
  /// Gaussian noise.
  case noise(Noise)
  /// The images of a folder, in the order of their names: not data-free.
  case folder(String, limit: Int)

  /// The name in reports and in the model's recipe.
  package var name: String {
    switch self {
    case .sardfq: "sardfq"
    case .noise: "noise"
    case .folder: "images"
    }
  }
}

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
  ///   - model: The full-precision model they are for.
  ///   - digest: Identifies the model, so that a journal of another one is refused.
  ///   - workers: Threads; the images do not depend on their number.
  ///   - cancellation: Ends synthesis with its state saved.
  ///   - progress: Called from the workers.
  /// - Throws: ``KitError``.
  package init(
    _ source: CalibrationSource, for model: GraphModel, digest: String, workers: Workers,
    cancellation: Cancellation, progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(KitError) {
    switch source {
    case .sardfq(let options, let folder):
      do throws(SynthesisError) {
        let journal = try SynthesisJournal(folder: folder, modelDigest: digest, options: options)
        let synthesizer = try Synthesizer(
          model.graph, preprocessing: model.preprocessing, options: options)
        synthesized = try synthesizer.run(
          workers: workers, journal: journal, cancellation: cancellation, progress: progress)
      } catch {
        throw KitError(error)
      }
      images = synthesized.map(\.pixels)
    case .noise(let noise):
      synthesized = []
      images = noise.images([3, model.preprocessing.inputHeight, model.preprocessing.inputWidth])
    case .folder(let path, let limit):
      synthesized = []
      images = try Self.images(ofFolder: path, limit: limit, model)
    }
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
      case .cancelled: .interrupted
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
