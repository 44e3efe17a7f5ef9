/// Brings the mean over tokens into the form rows × channels.
///
///     y = ReduceMean(x) or GlobalAveragePool(x)
///         →  r = Reshape(Transpose(x), [tokens, channels])    y = Reshape(MeanRows(r))
///
/// Run it after ``RecoverLayerNormalization``, whose means are over channels.
package struct RecoverMeanPooling: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated()
    where node.isOperator("ReduceMean") || node.isOperator("GlobalAveragePool") {
      guard let shape = rewriting.shape(of: node.inputs[0]),
        let pooled = rewriting.shape(of: node.outputs[0])
      else { continue }
      let axes = try reducedAxes(node, shape, in: rewriting)
      let kept = shape.indices.filter { !axes.contains($0) }
      let channels = kept.reduce(1) { $0 * shape[$1] }
      let result = node.outputs[0]
      let names = ["turned", "extents", "rows", "mean", "shape"].map { "\(result)/\($0)" }
      rewriting.addConstant(
        names[1], ONNXTensor([2], [shape.reduce(1, *) / max(channels, 1), channels]))
      rewriting.addConstant(names[4], ONNXTensor([pooled.count], pooled))
      rewriting.replace(
        index,
        by: [
          node.beside(
            "Transpose", [node.inputs[0]], ["perm": .integers(axes + kept)], result: names[0]),
          node.beside("Reshape", [names[0], names[1]], result: names[2]),
          node.replaced(by: .meanRows, [names[2]], result: names[3]),
          node.beside("Reshape", [names[3], names[4]], result: result),
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private func reducedAxes(
    _ node: ONNXNode, _ shape: [Int], in rewriting: ONNXRewriting
  ) throws(TranslationError) -> [Int] {
    if node.isOperator("GlobalAveragePool") { return Array(2..<shape.count) }
    let axes = try Axes(of: node, rank: shape.count) { rewriting.constant(node.operand($0)) }
    let reduced = shape.indices.filter { axes.contains($0) }
    // Tokens are what is between the batch and the channels, be it one.
    let isOfTokens = reduced == Array(shape.indices.dropFirst().dropLast())
    guard isOfTokens || reduced.contains(where: { shape[$0] > 1 }) else {
      throw node.unsupported(expected: "a mean over tokens", found: "axes \(reduced) of \(shape)")
    }
    return reduced
  }
}
