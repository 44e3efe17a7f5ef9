package import VitqGraph

/// A graph with quantizers, and how they were chosen.
package struct QuantizedGraph: Sendable {
  /// Reads pixels [3, H, W] in 0 … 1.
  package var graph: Graph
  /// The passes that ran before quantizers were inserted.
  package var firings: [PassFiring]
  /// One entry for each quantizer, in the order of the graph.
  package var entries: [QuantizerReport]
  /// Of each part that was learned by gradients, in the order of learning.
  package var losses: [PartLosses] = []
}

/// One quantizer of a graph.
package struct QuantizerReport: Sendable, Equatable {
  package enum Role: String, Sendable {
    case image
    case weight
    case activation
    case query
    case key
    case value
    case attention
  }

  /// The node whose value is quantized.
  package var node: String
  package var role: Role
  package var bits: Int
  /// The smallest and largest value before quantization.
  package var range: ClosedRange<Float>
  /// The values that the lowest and the highest code stand for; the widest over all rows.
  package var codedRange: ClosedRange<Float>
  /// Mean squared error over mean square; 0 for a value that is all zeros.
  package var relativeError: Double
}
