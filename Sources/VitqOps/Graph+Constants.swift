package import VitqGraph
package import VitqTensor

extension Graph {
  /// The value of a constant, `nil` for any other node.
  package func constant(_ id: NodeID) -> Tensor? { (self[id].operation as? Constant)?.value }

  /// The weight and bias of a linear layer that has both constant.
  package func linearConstants(_ id: NodeID) -> (weight: Tensor, bias: Tensor)? {
    let node = self[id]
    guard node.operation is Linear, let weight = constant(node.operands[1]),
      let bias = constant(node.operands[2])
    else { return nil }
    return (weight, bias)
  }
}
