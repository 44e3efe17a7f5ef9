#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Distances of two answers.
package enum Divergence {
  /// Kullback–Leibler divergence KL(p ‖ q) = Σ p (log p − log q) of the softmaxes of logits, in
  /// nats.
  package static func kullbackLeibler(_ reference: [Float], _ other: [Float]) -> Double {
    let (p, q) = (logSoftmax(reference), logSoftmax(other))
    return max(zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }, 0)
  }

  /// The index of the largest logit, the first of equals.
  package static func argmax(_ logits: [Float]) -> Int? {
    logits.indices.max { (logits[$0], $1) < (logits[$1], $0) }
  }

  private static func logSoftmax(_ logits: [Float]) -> [Double] {
    let values = logits.map(Double.init)
    let largest = values.max() ?? 0
    let normaliser = log(values.reduce(0) { $0 + exp($1 - largest) }) + largest
    return values.map { $0 - normaliser }
  }
}
