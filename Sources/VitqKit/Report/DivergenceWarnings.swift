import Foundation
import VitqAutodiff
package import VitqQuantization
package import VitqSynthesis

extension LossRecord {
  /// A sentence on the images, or on one, whose objective ended well above where it began; `nil` if
  /// there are none.
  package func warning(method: SynthesisMethod, image: Int? = nil) -> String? {
    let rises = rises.filter { image == nil || $0.image == image }
    guard let worst = rises.max(by: { $0.loss.ratio < $1.loss.ratio }) else { return nil }
    let others = rises.count > 1 ? ", and that of \(rises.count - 1) more" : ""
    return "images of \(method.rawValue): the loss of image \(worst.image) ended at "
      + "\(worst.loss.description)\(others): a learning rate may be too large"
  }
}

extension SaturatedImages {
  /// A sentence on the images.
  package func warning(method: SynthesisMethod) -> String {
    let others = count > 1 ? ", and nearly all of \(count - 1) more" : ""
    return "images of \(method.rawValue): \(Int(100 * share)) % of the values of image \(worst) "
      + "are at the bounds of pixels\(others): a learning rate may be too large"
  }
}

extension PartRise {
  /// A sentence on the part.
  package func warning(learner: Learner) -> String {
    "learner \(learner.rawValue), stage \(stage + 1): the loss of the part up to '\(node)' ended at "
      + "\(loss.description): the weights of its best step are kept; the learning rate may be too "
      + "large"
  }
}

extension LossRise {
  fileprivate var ratio: Double { last / first }

  fileprivate var description: String {
    func figure(_ loss: Double) -> String { String(format: "%.4g", loss) }
    return "\(figure(last)), well above the \(figure(first)) it began with"
  }
}
