/// Writes opset 23's attention as products and softmax (ONNX operator specification, `Attention`).
///
///     y = Attention(q, k, v, mask)
///         →  s = MatMul(q, kᵀ) · scale    t = s + mask    p = Softmax(t)    y = MatMul(p, v)
///
/// Does not fire on causal attention, soft caps, key caches or groups of queries, which no model
/// here has: they are errors.
package struct DecomposeAttention: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Attention") {
      try check(node)
      rewriting.replace(index, by: try decomposed(node, in: &rewriting))
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private func check(_ node: ONNXNode) throws(TranslationError) {
    let isPlain =
      node.integer("is_causal") ?? 0 == 0 && node.float("softcap") ?? 0 == 0
      && node.outputs.dropFirst().allSatisfy(\.isEmpty)
      && node.inputs.dropFirst(4).allSatisfy(\.isEmpty)
      && node.integer("q_num_heads") == node.integer("kv_num_heads")
    guard isPlain else {
      throw node.unsupported(
        expected: "attention of all tokens to all, one key head for each query head",
        found: node.attributes.keys.sorted().joined(separator: ", "))
    }
  }

  private func decomposed(
    _ node: ONNXNode, in rewriting: inout ONNXRewriting
  ) throws(TranslationError) -> [ONNXNode] {
    let result = node.outputs[0]
    var nodes: [ONNXNode] = []
    var operands = Array(node.inputs[..<3])
    var shape = rewriting.shape(of: operands[0]) ?? []
    let isPacked = shape.count == 3
    if isPacked {
      guard let heads = node.integer("q_num_heads"), heads > 0, shape[2].isMultiple(of: heads)
      else {
        throw node.unsupported(expected: "q_num_heads that divides the width", found: "\(shape)")
      }
      shape = [shape[0], shape[1], heads, shape[2] / heads]
      for (i, name) in ["q", "k", "v"].enumerated() {
        let extents = "\(result)/\(name).shape"
        rewriting.addConstant(extents, ONNXTensor([4], [0, 0, heads, -1]))
        let (split, turned) = ("\(result)/\(name).split", "\(result)/\(name)")
        nodes.append(node.beside("Reshape", [operands[i], extents], result: split))
        nodes.append(
          node.beside("Transpose", [split], ["perm": .integers([0, 2, 1, 3])], result: turned))
        operands[i] = turned
      }
    }
    guard let depth = shape.last, shape.count == 4, depth > 0 else {
      throw node.unsupported(expected: "queries of rank 3 or 4", found: "\(shape)")
    }
    let scale = node.float("scale") ?? Float(1 / Double(depth).squareRoot())
    let (keys, factor) = ("\(result)/keys", "\(result)/scale")
    rewriting.addConstant(factor, ONNXTensor([], [scale]))
    nodes.append(
      node.beside("Transpose", [operands[1]], ["perm": .integers([0, 1, 3, 2])], result: keys))
    nodes.append(node.beside("MatMul", [operands[0], keys], result: "\(result)/products"))
    var scores = "\(result)/scores"
    nodes.append(node.beside("Mul", ["\(result)/products", factor], result: scores))
    if let mask = node.operand(3) {
      nodes.append(node.beside("Add", [scores, mask], result: "\(result)/masked"))
      scores = "\(result)/masked"
    }
    let weights = "\(result)/weights"
    nodes.append(node.beside("Softmax", [scores], ["axis": .integer(-1)], result: weights))
    let context = isPacked ? "\(result)/context" : result
    nodes.append(node.beside("MatMul", [weights, operands[2]], result: context))
    if isPacked {
      let extents = "\(result)/shape"
      rewriting.addConstant(extents, ONNXTensor([3], [0, 0, -1]))
      nodes.append(
        node.beside(
          "Transpose", [context], ["perm": .integers([0, 2, 1, 3])], result: "\(result)/turned"))
      nodes.append(node.beside("Reshape", ["\(result)/turned", extents], result: result))
    }
    return nodes
  }
}
