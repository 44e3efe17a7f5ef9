/// Moves the factor of a sum of two classifiers to them (arXiv:2012.12877, section 4).
///
///     (Linear(x, W, b) + Linear(y, V, c)) · s   →   Linear(x, sW, sb) + Linear(y, sV, sc)
///
/// The factor becomes attribute `factor` of the layers. Needs each result used once. Exact for
/// s = 1/2, the average of class and distillation token.
package struct FoldHeadAverage: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() {
      guard let (value, factor) = rewriting.scaled(node), let scale = scale(node, value, factor),
        let sum = rewriting.producer(of: value), sum.isOperator("Add"),
        rewriting.hasOneUse(value), sum.inputs[0] != sum.inputs[1],
        sum.inputs.allSatisfy({ input in
          rewriting.producer(of: input)?.isOperator(.linear) == true && rewriting.hasOneUse(input)
        })
      else { continue }
      for input in sum.inputs {
        guard let place = rewriting.producerIndex(of: input) else { continue }
        var linear = graph.nodes[place]
        linear.attributes["factor"] = .float((linear.float("factor") ?? 1) * scale)
        rewriting.substitute(place, by: [linear])
      }
      rewriting.forward(index, to: value)
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private func scale(_ node: ONNXNode, _ value: String, _ factor: Float) -> Float? {
    if node.isOperator("Mul") { return factor }
    return node.isOperator("Div") && node.inputs[0] == value && factor != 0 ? 1 / factor : nil
  }
}
