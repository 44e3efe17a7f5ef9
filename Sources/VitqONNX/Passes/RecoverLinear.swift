/// Brings every product with a weight, and its bias, into one form.
///
///     Add(MatMul(x, W), b)    Add(MatMul(x, Transpose(W)), b)    Gemm(x, W, b)    →    Linear(x, W, b)
///
/// Needs W and b constant, and the product used once if there is an addition. A product without
/// bias becomes a linear layer without one.
package struct RecoverLinear: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    var withBias: Set<Int> = []
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Add") {
      guard let (product, bias) = rewriting.activationAndConstant(node),
        let place = rewriting.producerIndex(of: product), rewriting.hasOneUse(product),
        let weight = weight(of: graph.nodes[place], in: rewriting),
        let vector = rewriting.constant(bias), vector.elementCount == weight.outputs,
        vector.shape.last == weight.outputs
      else { continue }
      withBias.insert(place)
      let linear = graph.nodes[place]
      rewriting.replace(
        index,
        by: [
          linear.replaced(
            by: .linear, [linear.inputs[0], weight.name, bias], weight.attributes,
            result: node.outputs[0])
        ])
    }
    for (index, node) in graph.nodes.enumerated() where !withBias.contains(index) {
      if let weight = weight(of: node, in: rewriting) {
        rewriting.replace(
          index, by: [node.replaced(by: .linear, [node.inputs[0], weight.name], weight.attributes)])
      } else if node.isOperator("Gemm") {
        rewriting.replace(index, by: [try linear(of: node, in: rewriting)])
      }
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private struct Weight {
    let name: String
    /// Whether the constant is [inputs, outputs].
    let isTransposed: Bool
    let outputs: Int

    var attributes: [String: ONNXAttribute] { ["transposed": .integer(isTransposed ? 1 : 0)] }
  }

  /// The weight of a `MatMul` with one.
  private func weight(of node: ONNXNode, in rewriting: ONNXRewriting) -> Weight? {
    guard node.isOperator("MatMul"), rewriting.constant(node.inputs[0]) == nil else { return nil }
    return weight(named: node.inputs[1], in: rewriting)
  }

  private func weight(named name: String, in rewriting: ONNXRewriting) -> Weight? {
    if let tensor = rewriting.constant(name) {
      guard tensor.shape.count == 2 else { return nil }
      return Weight(name: name, isTransposed: true, outputs: tensor.shape[1])
    }
    guard let transpose = rewriting.producer(of: name), transpose.isOperator("Transpose"),
      let tensor = rewriting.constant(transpose.inputs[0]), tensor.shape.count == 2
    else { return nil }
    return Weight(name: transpose.inputs[0], isTransposed: false, outputs: tensor.shape[0])
  }

  private func linear(
    of node: ONNXNode, in rewriting: ONNXRewriting
  ) throws(TranslationError) -> ONNXNode {
    guard let weight = weight(named: node.inputs[1], in: rewriting),
      node.integer("transA") ?? 0 == 0, node.float("alpha") ?? 1 == 1,
      node.operand(2) == nil
        || (node.float("beta") ?? 1 == 1 && rewriting.constant(node.inputs[2]) != nil)
    else {
      throw node.unsupported(
        expected: "a constant weight and bias, alpha and beta 1, transA 0",
        found: "alpha \(node.float("alpha") ?? 1), beta \(node.float("beta") ?? 1), "
          + "transA \(node.integer("transA") ?? 0)")
    }
    let isTransposed = weight.isTransposed != (node.integer("transB") == 1)
    let inputs = [node.inputs[0], weight.name] + (node.operand(2).map { [$0] } ?? [])
    return node.replaced(
      by: .linear, inputs, ["transposed": .integer(isTransposed ? 1 : 0)])
  }
}
