import VitqOps

/// Writes out the one window of a grid that is no larger than a window.
///
///     q, k, v = Linear(x)                     p = window_partition(x)    q, k, v = Linear(p)
///     y = Linear(heads)              →        y = window_reverse(Linear(heads))
///
/// Exporters leave nothing of the two moves, because they are none. Fires on attention with a relative position
/// bias whose tokens do not come from windows.
package struct CompleteWindows: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for node in graph.nodes where node.isOperator(.attentionBias) {
      guard let layers = layers(around: node, in: rewriting) else { continue }
      let (joint, projection) = (graph.nodes[layers.joint], graph.nodes[layers.projection])
      guard let grid = grid(read: joint, in: rewriting) else { continue }
      var partitioned = joint
      var reversed = projection
      partitioned.inputs[0] = "\(joint.outputs[0])/windows"
      reversed.outputs[0] = "\(projection.outputs[0])/windows"
      rewriting.replace(
        layers.joint,
        by: [
          .arrangement(
            .partition(grid), of: joint.inputs[0],
            shape: rewriting.shape(of: joint.inputs[0]) ?? [], result: partitioned.inputs[0],
            like: joint),
          partitioned,
        ])
      rewriting.substitute(
        layers.projection,
        by: [
          reversed,
          .arrangement(
            .reverse(grid), of: reversed.outputs[0],
            shape: rewriting.shape(of: projection.outputs[0]) ?? [],
            result: projection.outputs[0], like: projection),
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  /// The linear layers before and after attention that is not in windows yet.
  private func layers(
    around bias: ONNXNode, in rewriting: ONNXRewriting
  ) -> (joint: Int, projection: Int)? {
    guard let scores = rewriting.producer(of: bias.inputs[0]),
      let queries = rewriting.producer(of: scores.inputs[0]),
      let joint = rewriting.producerIndex(of: queries.inputs[0]),
      rewriting.graph.nodes[joint].isOperator(.linear)
    else { return nil }
    var value = bias.outputs[0]
    while let reader = rewriting.consumerIndices(of: value).first {
      if rewriting.graph.nodes[reader].isOperator(.linear) { return (joint, reader) }
      value = rewriting.graph.nodes[reader].outputs[0]
    }
    return nil
  }

  /// The grid of the tokens that a layer reads, if it is one window that nothing has cut out.
  private func grid(read layer: ONNXNode, in rewriting: ONNXRewriting) -> WindowGrid? {
    var value = layer.inputs[0]
    while let node = rewriting.producer(of: value), let arrangement = Arrangement(node) {
      guard arrangement == .reshape else { return nil }
      value = node.inputs[0]
    }
    guard let shape = rewriting.shape(of: value), shape.count >= 2 else { return nil }
    let count = shape.dropLast().reduce(1, *)
    let side = Int(Double(count).squareRoot().rounded())
    let (height, width) = shape.count == 4 ? (shape[1], shape[2]) : (side, side)
    let grid = WindowGrid(height: height, width: width, windowHeight: height, windowWidth: width)
    return grid.isValid && height * width == count ? grid : nil
  }
}
