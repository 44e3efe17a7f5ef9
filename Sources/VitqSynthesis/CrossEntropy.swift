package import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// −Σ T_k log p_k of a target distribution T and p = softmax(logits).
package enum CrossEntropy {
  /// The loss; `cotangent` receives its gradient by the logits, p ΣT − T.
  package static func loss(
    _ logits: TensorView, target: [Float], cotangent: MutableTensorView
  ) -> Double {
    let count = target.count
    var maximum = -Double.infinity
    for k in 0..<count { maximum = max(maximum, Double(logits[k])) }
    var (total, weight, wanted) = (0.0, 0.0, 0.0)
    for k in 0..<count {
      total += exp(Double(logits[k]) - maximum)
      weight += Double(target[k])
      wanted += Double(target[k]) * (Double(logits[k]) - maximum)
    }
    for k in 0..<count {
      let probability = exp(Double(logits[k]) - maximum) / total
      cotangent[k] = Float(probability * weight - Double(target[k]))
    }
    return weight * log(total) - wanted
  }
}
