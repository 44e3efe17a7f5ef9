import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// How much each row of what a linear layer reads does to the answer: the squared gradient of a
/// random projection of the logits, summed over the row, in the full-precision model.
///
/// Its mean over projections is the diagonal of the Gauss–Newton matrix of |Δ logits|².
struct RowSensitivity {
  /// For each input of linear layers, one number for each row of each image, 1 on average.
  private(set) var weights: [NodeID: [[Float]]] = [:]
  private(set) var outputMeans: [NodeID: [Double]] = [:]

  init(_ graph: Graph, pixels: [Tensor], weighting: Double, workers: Workers) {
    guard let logits = graph.outputs.first,
      let input = graph.ids.first(where: { graph[$0].operation is Input })
    else { return }
    let pool = ConstantPool(graph)
    let layers = graph.ids.filter {
      graph[$0].operation is Linear && !pool.holds($0)
    }
    // The embedding reads the image itself.
    let seeds = [logits]
    let rows = workers.map(pixels.count) {
      Evaluator(graph, constants: pool, keeping: layers, seeds: seeds, gradients: layers)
    } body: { [graph] evaluator, image in
      pixels[image].withView { evaluator.input(input).copy(from: $0) }
      evaluator.forward()
      var state = UInt64(image) &* 0x9E37_79B9_7F4A_7C15
      evaluator.cotangent(logits).copy(
        from: (0..<graph[logits].shape.elementCount).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return state >> 63 == 0 ? 1 : -1
        })
      evaluator.backward()
      return layers.map { id in
        let gradient = evaluator.gradient(id).tensor
        let width = gradient.shape.width
        let value = evaluator.value(id).tensor
        var means = Array(repeating: 0.0, count: width)
        for (i, x) in value.elements.enumerated() { means[i % width] += Double(x) / Double(gradient.shape.rowCount) }
        let rows = (0..<gradient.shape.rowCount).map { row in
          gradient.elements[row * width..<(row + 1) * width].reduce(Float(0)) { $0 + $1 * $1 }
        }
        return (rows, means)
      }
    }
    for (index, id) in layers.enumerated() {
      var means = rows[0][index].1
      for image in rows.dropFirst() { for c in means.indices { means[c] += image[index].1[c] } }
      outputMeans[id] = means.map { $0 / Double(rows.count) }
      guard weighting > 0 else { continue }
      let source = graph[id].operands[0]
      let found = rows.map { $0[index].0 }
      if let sum = weights[source] {
        weights[source] = zip(sum, found).map { zip($0, $1).map { $0 + $1 } }
      } else {
        weights[source] = found
      }
    }
    for (id, values) in weights {
      let count = values.reduce(0) { $0 + $1.count }
      let mean = values.joined().reduce(0.0) { $0 + Double($1) } / Double(count)
      weights[id] = values.map { row in
        row.map { Float(1 - weighting + weighting * (mean > 0 ? Double($0) / mean : 1)) }
      }
    }
  }
}
