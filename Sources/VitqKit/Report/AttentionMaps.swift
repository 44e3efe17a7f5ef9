import VitqAutodiff
import VitqGraph
package import VitqOps
import VitqSynthesis
package import VitqTensor

/// Where a full-precision model looks.
package enum AttentionMaps {
  /// The mean over heads of the last block's attention to the patches, [rows, columns].
  ///
  /// It is that of the class token, or of all tokens where there is none. What tokens of windows
  /// attend to lies in their window; rows and columns are then those of the grid that was cut.
  ///
  /// - Returns: One map for each normalised image; empty for a model whose images cannot be made.
  static func maps(of model: GraphModel, on images: [Tensor], workers: Workers) -> [Tensor] {
    let graph = model.graph
    guard let parts = try? SynthesisModel(graph), let last = parts.attentions.last else {
      return []
    }
    let grid = SynthesisModel.windows(of: last, in: graph)
    let constants = ConstantPool(graph)
    return workers.map(images.count) {
      Evaluator(graph, constants: constants, keeping: [last])
    } body: { evaluator, index in
      images[index].withView { evaluator.input(parts.image).copy(from: $0) }
      evaluator.forward()
      let attention = evaluator.value(last).tensor
      return grid.map { map(of: attention, in: $0) }
        ?? map(of: attention, rows: parts.rows, columns: parts.columns)
    }
  }

  /// The mean attention [heads, N, N] to the patches, the last tokens, of the first token; of all
  /// if all are patches.
  package static func map(of attention: Tensor, rows: Int, columns: Int) -> Tensor {
    let (heads, tokens) = (attention.shape[0], attention.shape[1])
    let patches = rows * columns
    let first = tokens - patches
    let queries = first > 0 ? 1 : tokens
    var sums = Array(repeating: Float(0), count: patches)
    for head in 0..<heads {
      for query in 0..<queries {
        let start = (head * tokens + query) * tokens + first
        for patch in 0..<patches { sums[patch] += attention.elements[start + patch] }
      }
    }
    let scale = 1 / Float(heads * queries)
    return Tensor([rows, columns], sums.map { $0 * scale })
  }

  /// The mean attention [windows · heads, T, T] of the tokens of a window to each token of the
  /// grid; padding neither attends nor counts.
  package static func map(of attention: Tensor, in grid: WindowGrid) -> Tensor {
    let tokens = attention.shape[1]
    let heads = attention.shape[0] / grid.windowCount
    let places = grid.gridTokens.map { Int($0) }
    var sums = Array(repeating: Float(0), count: grid.tokenCount)
    for window in 0..<grid.windowCount {
      let places = places[window * tokens..<(window + 1) * tokens]
      let queries = places.enumerated().filter { $0.element >= 0 }.map(\.offset)
      let scale = 1 / Float(heads * queries.count)
      for head in 0..<heads {
        for query in queries {
          let start = ((window * heads + head) * tokens + query) * tokens
          for (token, place) in places.enumerated() where place >= 0 {
            sums[place] += attention.elements[start + token] * scale
          }
        }
      }
    }
    return Tensor([grid.height, grid.width], sums)
  }
}
