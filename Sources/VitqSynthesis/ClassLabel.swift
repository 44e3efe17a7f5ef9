package import VitqGraph
package import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What an image is trained to show: −Σ T_k log p_k of a distribution T and p = softmax(logits).
package struct ClassLabel: ModelTerm {
  package let name = LossName.labels
  package let weight: Float = 1
  package let nodes: [NodeID]
  private let target: [Float]

  package init(_ target: [Float], logits: NodeID) {
    self.target = target
    nodes = [logits]
  }

  package func loss(_ site: TermSite) -> Double {
    Self.crossEntropy(site.values[0], target: target, cotangent: site.cotangents[0])
  }

  /// The loss; `cotangent` receives its gradient by the logits, p ΣT − T.
  package static func crossEntropy(
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
