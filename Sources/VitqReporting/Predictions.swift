/// One class with its probability.
package struct Prediction: Sendable, Equatable {
  package let index: Int
  package let probability: Double

  /// The `count` largest scores as softmax probabilities, largest first, ties by index.
  package static func top(_ count: Int, of logits: [Float]) -> [Prediction] {
    guard let largest = logits.max() else { return [] }
    let weights = logits.map { exponential(Double($0) - Double(largest)) }
    let sum = weights.reduce(0, +)
    let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
    return order.prefix(count).map { Prediction(index: $0, probability: weights[$0] / sum) }
  }

  /// eˣ for x ≤ 0 by halving the argument and squaring the series; 1e-15 relative.
  private static func exponential(_ x: Double) -> Double {
    guard x > -700 else { return 0 }
    var term = 1.0
    var result = 1.0
    let reduced = x / 1024
    for n in 1..<8 {
      term *= reduced / Double(n)
      result += term
    }
    for _ in 0..<10 { result *= result }
    return result
  }
}
