/// Normalises only the tokens that somebody reads.
///
///     n = LayerNormalization(x)               s = Rows(x, 0, 2)    n = LayerNormalization(s)
///     a = Rows(n, 0, 1)    b = Rows(n, 1, 1)  →  a = Rows(n, 0, 1)    b = Rows(n, 1, 1)
///
/// Sound because normalisation acts on each token alone. Needs every reader of n to select rows; does not fire
/// if together they read all of them.
package struct NarrowNormalization: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("LayerNormalization") {
      let value = node.outputs[0]
      let readers = rewriting.consumerIndices(of: value)
      let selections = readers.compactMap { graph.nodes[$0].selectedRows }
      guard let shape = rewriting.shape(of: value), shape.count >= 2, !rewriting.isOutput(value),
        selections.count == readers.count, let first = selections.map(\.lowerBound).min(),
        let end = selections.map(\.upperBound).max(),
        end - first < shape.dropLast().reduce(1, *)
      else { continue }
      let narrowed = "\(value)/rows"
      var normalization = node
      normalization.inputs[0] = narrowed
      rewriting.replace(
        index,
        by: [
          .arrangement(
            .selectRows(first: first, count: end - first), of: node.inputs[0],
            shape: [1, end - first, shape[shape.count - 1]], result: narrowed, like: node),
          normalization,
        ])
      for (reader, rows) in zip(readers, selections) {
        let selection = graph.nodes[reader]
        let arrangement: Arrangement =
          rows == first..<end
          ? .reshape : .selectRows(first: rows.lowerBound - first, count: rows.count)
        rewriting.substitute(
          reader,
          by: [
            .arrangement(
              arrangement, of: value, shape: selection.integers("shape") ?? [],
              result: selection.outputs[0], like: selection)
          ])
      }
    }
    graph = rewriting.result()
    return rewriting.count
  }
}

extension ONNXNode {
  /// The rows that this node selects, if that is what it does.
  fileprivate var selectedRows: Range<Int>? {
    guard case .selectRows(let first, let count) = Arrangement(self) else { return nil }
    return first..<(first + count)
  }
}
