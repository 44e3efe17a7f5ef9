import Foundation

/// The logarithm that reports use.
enum Logarithm {
  static func base10(_ value: Double) -> Double { log10(value) }
}

/// Distances of two answers.
enum Divergence {
  /// Kullback–Leibler divergence KL(p ‖ q) = Σ p (log p − log q) of the softmaxes of logits, in
  /// nats.
  static func kullbackLeibler(_ reference: [Float], _ other: [Float]) -> Double {
    let (p, q) = (logSoftmax(reference), logSoftmax(other))
    return max(zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }, 0)
  }

  /// The index of the largest logit, the first of equals.
  static func argmax(_ logits: [Float]) -> Int? {
    logits.indices.max { (logits[$0], $1) < (logits[$1], $0) }
  }

  private static func logSoftmax(_ logits: [Float]) -> [Double] {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - largest) }
    return logits.map { Double($0) - largest - log(sum) }
  }
}
