/// A part of a model whose learning takes long, and the file that keeps what it learned.
///
/// `attempt` is the number of the rotation that is tried.
enum LearnedPart: Hashable, Sendable {
  /// The weights of the linear layer that a node is.
  case layer(attempt: Int, node: Int)
  /// The parameters of a segment in one of the stages of ``TwoStageLearner``.
  case segment(attempt: Int, stage: Int, index: Int)

  /// The name of its file, such as `segment-0-1-12`.
  var name: String {
    switch self {
    case .layer(let attempt, let node): "layer-\(attempt)-\(node)"
    case .segment(let attempt, let stage, let index): "segment-\(attempt)-\(stage)-\(index)"
    }
  }

  /// What tells it from other parts in its file.
  var numbers: [Int] {
    switch self {
    case .layer(let attempt, let node): [0, attempt, node]
    case .segment(let attempt, let stage, let index): [1, attempt, stage, index]
    }
  }

  /// The part that a file is of, `nil` if it is of none.
  init?(_ name: String) {
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = words.dropFirst().compactMap { Int($0) }
    switch (words.first, numbers.count) {
    case ("layer", 2): self = .layer(attempt: numbers[0], node: numbers[1])
    case ("segment", 3):
      self = .segment(attempt: numbers[0], stage: numbers[1], index: numbers[2])
    default: return nil
    }
    guard self.name == name else { return nil }
  }
}
