import CVitqKernels

/// A class and how likely the model holds it to be.
public struct Prediction: Sendable, Hashable {
  /// The index of the class.
  public let index: Int
  /// The name of the class, or `nil` if the model has no labels.
  public let label: String?
  /// The model's raw output.
  public let logit: Float
  /// The softmax of the logits.
  public let probability: Float

  /// The `count` largest logits, largest first; of equal ones the lower index comes first.
  ///
  /// None if `count` is below 1.
  package static func top(_ count: Int, of logits: [Float], labels: [String]) -> [Prediction] {
    let order = logits.indices.sorted {
      logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1]
    }
    let probabilities = softmax(logits)
    return order.prefix(max(count, 0)).map { index in
      Prediction(
        index: index, label: labels.indices.contains(index) ? labels[index] : nil,
        logit: logits[index], probability: probabilities[index])
    }
  }

  private static func softmax(_ logits: [Float]) -> [Float] {
    let log2e: Float = 1.442_695_04
    var probabilities = [Float](repeating: 0, count: logits.count)
    guard !logits.isEmpty, let kernels = unsafe vitq_f32_table(VITQ_ISA_SCALAR) else {
      return probabilities
    }
    unsafe kernels.pointee.softmax(1, logits.count, log2e, logits, &probabilities)
    return probabilities
  }
}
