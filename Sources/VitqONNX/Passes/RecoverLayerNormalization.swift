/// Recognises a layer normalisation that is written out (arXiv:1607.06450, section 3).
///
///     m = ReduceMean(x)    d = x − m    v = ReduceMean(d²)
///     y = d / √(v + ε) · γ + β                                →    y = LayerNormalization(x, γ, β)
///
/// Needs means over the last axis that are kept as an axis, and γ and β constant.
package struct RecoverLayerNormalization: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Add") {
      guard let match = try match(node, in: rewriting) else { continue }
      rewriting.replace(
        index,
        by: [
          node.beside(
            "LayerNormalization", [match.x, match.gamma, match.beta],
            ["axis": .integer(-1), "epsilon": .float(match.epsilon)], result: node.outputs[0])
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private struct Match {
    let x: String
    let gamma: String
    let beta: String
    let epsilon: Float
  }

  private func match(
    _ sum: ONNXNode, in rewriting: ONNXRewriting
  ) throws(TranslationError) -> Match? {
    guard let (scaled, beta) = rewriting.activationAndConstant(sum),
      let multiply = rewriting.producer(of: scaled), multiply.isOperator("Mul"),
      let (normalized, gamma) = rewriting.activationAndConstant(multiply),
      let quotient = rewriting.producer(of: normalized), quotient.isOperator("Div"),
      let difference = rewriting.producer(of: quotient.inputs[0]), difference.isOperator("Sub"),
      let root = rewriting.producer(of: quotient.inputs[1]), root.isOperator("Sqrt"),
      let shifted = rewriting.producer(of: root.inputs[0]), shifted.isOperator("Add"),
      let (variance, epsilon) = rewriting.scaled(shifted),
      let mean = rewriting.producer(of: difference.inputs[1]), mean.isOperator("ReduceMean"),
      let spread = rewriting.producer(of: variance), spread.isOperator("ReduceMean"),
      mean.inputs[0] == difference.inputs[0],
      isSquare(spread.inputs[0], of: quotient.inputs[0], in: rewriting)
    else { return nil }
    for reduction in [mean, spread] { try checkLastAxis(reduction, in: rewriting) }
    return Match(x: difference.inputs[0], gamma: gamma, beta: beta, epsilon: epsilon)
  }

  private func isSquare(_ value: String, of base: String, in rewriting: ONNXRewriting) -> Bool {
    guard let node = rewriting.producer(of: value) else { return false }
    if node.isOperator("Mul") { return node.inputs == [base, base] }
    return node.isOperator("Pow") && node.inputs[0] == base && rewriting.scalar(node.inputs[1]) == 2
  }

  private func checkLastAxis(
    _ reduction: ONNXNode, in rewriting: ONNXRewriting
  ) throws(TranslationError) {
    let rank = rewriting.shape(of: reduction.inputs[0])?.count ?? 0
    let axes = try Axes(of: reduction, rank: rank) {
      rewriting.constant(reduction.operand($0))
    }
    let found = (0..<rank).filter { axes.contains($0) }
    guard found == [rank - 1], reduction.integer("keepdims") ?? 1 == 1 else {
      throw reduction.unsupported(
        expected: "layer normalisation over the last axis, \(rank - 1)", found: "axes \(found)")
    }
  }
}

extension ONNXRewriting {
  /// The operands of a two-operand node as (activation, constant), in either order.
  func activationAndConstant(_ node: ONNXNode) -> (value: String, constant: String)? {
    guard node.inputs.count == 2 else { return nil }
    let (a, b) = (node.inputs[0], node.inputs[1])
    switch (constant(a) != nil, constant(b) != nil) {
    case (false, true): return (a, b)
    case (true, false): return (b, a)
    default: return nil
    }
  }
}
