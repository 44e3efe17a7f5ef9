import VitqAutodiff
import VitqGraph
import VitqSynthesis
import VitqTensor

/// Where a full-precision model looks.
enum AttentionMaps {
  /// The mean over heads of the last block's attention to the patches, [rows, columns]: that of the
  /// class token, or of all tokens where there is none.
  ///
  /// - Returns: One map for each normalised image; empty for models of windows, whose attention
  ///   has no common places.
  static func maps(of model: GraphModel, on images: [Tensor], workers: Workers) -> [Tensor] {
    guard let parts = try? SynthesisModel(model.graph), let last = parts.attentions.last else {
      return []
    }
    let shape = model.graph[last].shape
    let patches = parts.rows * parts.columns
    guard shape.rank == 3, shape[1] == shape[2], shape[1] >= patches, shape[1] < 2 * patches else {
      return []
    }
    let (heads, tokens) = (shape[0], shape[1])
    let first = tokens - patches
    let constants = ConstantPool(model.graph)
    let graph = model.graph
    return workers.map(images.count) {
      Evaluator(graph, constants: constants, keeping: [last])
    } body: { evaluator, index in
      images[index].withView { evaluator.input(parts.image).copy(from: $0) }
      evaluator.forward()
      let attention = evaluator.value(last).tensor.elements
      let queries = first > 0 ? 0..<1 : 0..<tokens
      var sums = Array(repeating: Float(0), count: patches)
      for head in 0..<heads {
        for query in queries {
          let start = (head * tokens + query) * tokens + first
          for patch in 0..<patches { sums[patch] += attention[start + patch] }
        }
      }
      let scale = 1 / Float(heads * queries.count)
      return Tensor([parts.rows, parts.columns], sums.map { $0 * scale })
    }
  }
}
