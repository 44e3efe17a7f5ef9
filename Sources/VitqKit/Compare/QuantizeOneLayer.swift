import VitqFormat
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor

/// Puts quantizers around one node of a full-precision graph.
///
///     %y = linear(%x, %w, %b)   →   %y = linear(quantize(%x), quantize(%w), %b)
///     %y = matmul(%a, %b)       →   %y = matmul(quantize(%a), quantize(%b))
struct QuantizeOneLayer: RewritePass {
  /// The node.
  let layer: NodeID
  /// For each operand, its quantizers: one, or one for each row of a weight; none leaves it.
  let quantizers: [[UniformQuantizer]]

  func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    guard id == layer else { return nil }
    let node = rewriting.source[id]
    var operands: [NodeID] = []
    for (index, operand) in node.operands.enumerated() {
      let value = rewriting[operand]
      guard index < quantizers.count, !quantizers[index].isEmpty else {
        operands.append(value)
        continue
      }
      operands.append(
        try rewriting.add(
          "\(node.name).operand\(index).quantized", FakeQuantize(quantizers[index]), [value]))
    }
    return try rewriting.add(node.name, node.operation, operands)
  }
}
