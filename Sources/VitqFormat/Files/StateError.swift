/// Why the bytes of a state are not used.
///
/// Messages do not name the file itself: whoever was given the path puts it in front.
package enum StateError: Error, Equatable {
  case damaged(String)
  /// The state belongs to another plan, which its digest names.
  case otherPlan(expected: String, found: String)
}

extension StateError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .damaged(let detail): detail
    case .otherPlan(let expected, let found):
      "expected the plan of sha256 \(expected), found \(found)"
    }
  }
}
