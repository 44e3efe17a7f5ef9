package import VitqFormat
package import VitqGraph
import VitqOps
package import VitqTensor

/// The quantized network that PSAQ-ViT V2's images play against.
///
/// PSAQ-ViT's own quantizers: weights of linear layers symmetric, per output, from their largest
/// magnitude; the inputs of linear layers and of products of matrices asymmetric, per tensor, from
/// their smallest and largest value; attention probabilities real. Gradients go straight through.
package struct QuantizedStudent: Sendable {
  /// Reads the normalised image.
  package let graph: Graph
  /// The weights that are learned, in the order of the graph.
  package let weights: [NodeID]
  /// The values that are quantized, before they are, in the order of the graph.
  package let activations: [NodeID]

  /// Inserts quantizers into a full-precision model.
  ///
  /// - Parameters:
  ///   - source: The model.
  ///   - options: Bits.
  ///   - latentWeights: What stands for the model's own weights; those if `nil`.
  ///   - ranges: The ranges of the activations; `nil` leaves them real.
  /// - Throws: `GraphError`.
  package init(
    _ source: Graph, _ options: StudentOptions, latentWeights: [Tensor]? = nil,
    ranges: [ClosedRange<Float>]? = nil
  ) throws(GraphError) {
    var target = Graph()
    var image: [NodeID] = []
    var (weights, activations): ([NodeID], [NodeID]) = ([], [])
    var quantizedForm: [NodeID: NodeID] = [:]

    func quantized(_ id: NodeID) throws(GraphError) -> NodeID {
      if let known = quantizedForm[id] { return known }
      let value = image[id.index]
      let index = activations.count
      activations.append(value)
      var form = value
      if let ranges {
        let quantizer = Self.asymmetric(ranges[index], bits: options.activationBits)
        form = try target.add(
          "student.activation.\(index)", FakeQuantize([quantizer]), [value])
      }
      quantizedForm[id] = form
      return form
    }
    func quantizedWeight(_ id: NodeID, _ value: Tensor) throws(GraphError) -> NodeID {
      if let known = quantizedForm[id] { return known }
      let index = weights.count
      let tensor = latentWeights?[index] ?? value
      let constant = try target.add("student.weight.\(index)", Constant(tensor))
      weights.append(constant)
      let form = try target.add(
        "student.weight.\(index).quantized",
        FakeQuantize(Self.symmetric(tensor, bits: options.weightBits)), [constant])
      quantizedForm[id] = form
      return form
    }

    for id in source.ids {
      let node = source[id]
      var operands = node.operands.map { image[$0.index] }
      if node.operation is Linear {
        operands[0] = try quantized(node.operands[0])
        if let weight = source[node.operands[1]].operation as? Constant {
          operands[1] = try quantizedWeight(node.operands[1], weight.value)
        }
      } else if node.operation is MatMul {
        for (index, operand) in node.operands.enumerated()
        where !(source[operand].operation is Softmax) {
          operands[index] = try quantized(operand)
        }
      }
      image.append(try target.add(node.name, node.operation, operands))
    }
    target.outputs = source.outputs.map { image[$0.index] }
    target.landmarks = source.landmarks.mapValues { image[$0.index] }
    graph = target
    self.weights = weights
    self.activations = activations
  }

  /// The latent weights.
  package var weightValues: [Tensor] {
    weights.compactMap { graph.constant($0) }
  }

  /// The quantizer of a range, widened to hold 0; of a constant 0, of the smallest step.
  package static func asymmetric(_ range: ClosedRange<Float>, bits: Int) -> UniformQuantizer {
    let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    let last = (1 << bits) - 1
    let step = max((high - low) / Float(last), .ulpOfOne)
    let zeroPoint = min(max((-low / step).rounded(.toNearestOrEven), 0), Float(last))
    return UniformQuantizer(
      step: step, zeroPoint: Int(zeroPoint), minimumCode: 0, maximumCode: last)
  }

  /// A quantizer for each row of a weight [O, K].
  package static func symmetric(_ weight: Tensor, bits: Int) -> [UniformQuantizer] {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let half = 1 << (bits - 1)
    return (0..<outputs).map { row in
      let values = weight.elements[row * inputs..<(row + 1) * inputs]
      let magnitude = values.reduce(Float(0)) { max($0, abs($1)) }
      return UniformQuantizer(
        step: max(magnitude / (Float(2 * half - 1) / 2), .ulpOfOne), zeroPoint: 0,
        minimumCode: -half, maximumCode: half - 1)
    }
  }
}
