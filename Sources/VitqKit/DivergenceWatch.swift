import Synchronization
import VitqQuantization
import VitqSynthesis

/// Collects what the user should know of losses that ended well above where they began and of images
/// at the bounds of pixels, and ends a strict run at the first.
final class DivergenceWatch: Sendable {
  private let isStrict: Bool
  /// Of the run; a strict one is cancelled by it.
  let cancellation: Cancellation
  private let warned: @Sendable (String) -> Void
  private let found = Mutex<[String]>([])

  /// - Parameters:
  ///   - isStrict: Whether the first warning ends the run.
  ///   - cancellation: The user's.
  ///   - warned: Told of each warning of a run that goes on.
  init(
    isStrict: Bool, cancellation: Cancellation, warned: @escaping @Sendable (String) -> Void
  ) {
    self.isStrict = isStrict
    self.cancellation = Cancellation(within: cancellation)
    self.warned = warned
  }

  var warnings: [String] { found.withLock { $0 } }

  func note(_ warning: String) {
    found.withLock { $0.append(warning) }
    if isStrict { cancellation.request() } else { warned(warning) }
  }

  /// Judges an image of a strict run at its last step; those of others are judged together.
  func judge(_ progress: SynthesisProgress, of options: SynthesisOptions, _ record: LossRecord) {
    guard isStrict, progress.step == options.stepCount else { return }
    if let warning = record.warning(method: options.method, image: progress.image) {
      note(warning)
    }
  }

  /// Judges all images, those of earlier runs too: by their losses, and by what became of them.
  func judge(
    _ record: LossRecord, _ saturated: SaturatedImages?, of options: SynthesisOptions
  ) throws(KitError) {
    let warning =
      record.warning(method: options.method) ?? saturated?.warning(method: options.method)
    if let warning { note(warning) }
    try check()
  }

  /// - Throws: ``KitError`` if the run is strict and there was a warning.
  func check() throws(KitError) {
    guard isStrict, let warning = warnings.first else { return }
    throw KitError(.selfCheckFailed, "\(warning); a strict run ends here")
  }
}
