/// Gathers the factors of attention scores, wherever an exporter puts them, in the product.
///
///     MatMul(q · √s, kᵀ · √s)    MatMul(q · s, kᵀ)    MatMul(q, kᵀ) · s    →    MatMul(q, kᵀ; scale s)
///
/// A factor may stand before moves of elements that lead to products of activations only. A product of
/// factors that is 1/√d but for FP32 rounding becomes exactly that. Does not fire on factors of
/// anything else.
package struct FoldScoreScale: ONNXPass {
  /// Rounding of a few FP32 operations.
  private static let tolerance = 1e-6

  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    var scales: [Int: Double] = [:]
    for (index, node) in graph.nodes.enumerated() where node.isOperator("MatMul") {
      scales[index] = 1
    }
    for (index, node) in graph.nodes.enumerated() {
      guard let (value, factor) = scalarFactor(node, in: rewriting) else { continue }
      if let product = rewriting.producerIndex(of: value), let scale = scales[product],
        rewriting.hasOneUse(value)
      {
        scales[product] = scale * factor
      } else if let products = products(reading: node.outputs[0], in: rewriting, scales) {
        for product in products { scales[product, default: 1] *= factor }
      } else {
        continue
      }
      rewriting.forward(index, to: value)
    }
    for (index, scale) in scales {
      let node = graph.nodes[index]
      let depth = rewriting.shape(of: node.inputs[0])?.last ?? 1
      let standard = 1 / Double(depth).squareRoot()
      let isStandard = abs(scale - standard) <= Self.tolerance * standard
      rewriting.substitute(
        index,
        by: [
          node.replaced(
            by: .matMul, node.inputs, ["scale": .float(Float(isStandard ? standard : scale))])
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private func scalarFactor(
    _ node: ONNXNode, in rewriting: ONNXRewriting
  ) -> (value: String, factor: Double)? {
    guard let (value, factor) = rewriting.scaled(node) else { return nil }
    if node.isOperator("Mul") { return (value, Double(factor)) }
    guard node.isOperator("Div"), node.inputs[0] == value, factor != 0 else { return nil }
    return (value, 1 / Double(factor))
  }

  /// The products of activations that read `value` through moves; `nil` if anything else does.
  private func products(
    reading value: String, in rewriting: ONNXRewriting, _ scales: [Int: Double]
  ) -> [Int]? {
    guard !rewriting.isOutput(value) else { return nil }
    var found: [Int] = []
    for index in rewriting.consumerIndices(of: value) {
      let node = rewriting.graph.nodes[index]
      if scales[index] != nil {
        found.append(index)
      } else if Movement.operators.contains(node.operatorType)
        || scalarFactor(node, in: rewriting) != nil
      {
        for output in node.outputs {
          guard let further = products(reading: output, in: rewriting, scales) else { return nil }
          found += further
        }
      } else {
        return nil
      }
    }
    return found.isEmpty ? nil : found
  }
}
