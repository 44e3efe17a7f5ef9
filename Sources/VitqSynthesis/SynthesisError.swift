package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Why images cannot be synthesised.
package enum SynthesisError: Error, Equatable {
  case missingLandmark(Landmark)
  case unsupportedShape(Landmark, found: Shape, requirement: String)
  case invalidOption(String, found: String, requirement: String)
  /// A term of the objective is infinite or not a number, or a pixel if it is `nil`; `node` is the
  /// first of the model that is, if there is one.
  case notFinite(image: Int, step: Int, LossName?, node: String?)
  /// The model lacks what the method needs.
  case unsupportedModel(SynthesisMethod, requirement: String)
  case cancelled
  case journal(JournalError)
  /// The journal is of another model or of other options.
  case journalDiffers(path: String, key: String, expected: String, found: String)
  case damagedState(path: String, detail: String)
  /// The state belongs to another plan, which its digest names.
  case stateDiffers(path: String, expected: String, found: String)
}

extension SynthesisError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missingLandmark(let landmark):
      "model: no landmark '\(landmark)': expected a vision transformer"
    case .unsupportedShape(let landmark, let found, let requirement):
      "landmark '\(landmark)': unsupported shape: expected \(requirement), found \(found)"
    case .invalidOption(let name, let found, let requirement):
      "option '\(name)': out of range: expected \(requirement), found \(found)"
    case .notFinite(let image, let step, let term, let node):
      "image \(image), step \(step): "
        + (term.map { "the term '\($0.rawValue)' of the loss is not finite" }
          ?? "a pixel is not finite") + (node.map { ", first the node '\($0)'" } ?? "")
    case .unsupportedModel(let method, let requirement):
      "method '\(method.rawValue)': unsupported model: expected \(requirement)"
    case .cancelled: "synthesis: cancelled"
    case .journal(let error): error.description
    case .journalDiffers(let path, let key, let expected, let found):
      "\(path): the journal is of another run: expected \(key) \(expected), found \(found)"
    case .damagedState(let path, let detail): "\(path): damaged state of an image: \(detail)"
    case .stateDiffers(let path, let expected, let found):
      "\(path): the state is of another run: expected the plan of sha256 \(expected), found \(found)"
    }
  }
}

extension SynthesisError {
  /// Trouble with the state at `path`.
  init(_ path: String, _ error: StateError) {
    switch error {
    case .damaged(let detail): self = .damagedState(path: path, detail: detail)
    case .otherPlan(let expected, let found):
      self = .stateDiffers(path: path, expected: expected, found: found)
    }
  }
}
