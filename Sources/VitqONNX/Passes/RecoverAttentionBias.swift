/// Gathers what is added to the scores before softmax (arXiv:2103.14030, equation 4).
///
///     Softmax(Add(Reshape(Add(MatMul, bias)), mask))    →    Softmax(AttentionBias(MatMul, bias, mask))
///
/// A constant that is the same for all windows is bias, one that is the same for all heads is mask,
/// and one that is neither is split into the two if it is the sum of both, exactly.
package struct RecoverAttentionBias: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Softmax") {
      guard let chain = try chain(to: node, in: rewriting), !chain.additions.isEmpty else {
        continue
      }
      var offsets = ScoreOffsets(chain.layout)
      for (addition, name) in chain.additions {
        guard let tensor = rewriting.constant(name),
          let shape = rewriting.shape(of: addition.outputs[0]), offsets.add(tensor, at: shape)
        else {
          throw addition.unsupported(
            expected: "a bias of each head and a mask of each window",
            found: "a constant that is not their sum")
        }
      }
      let result = "\(node.inputs[0])/biased"
      var inputs = [chain.scores, "\(result)/bias"]
      rewriting.addConstant(inputs[1], offsets.bias)
      if let mask = offsets.mask {
        inputs.append("\(result)/mask")
        rewriting.addConstant(inputs[2], mask)
      }
      var softmax = node
      softmax.inputs[0] = result
      rewriting.replace(
        index,
        by: [
          chain.additions[0].node.replaced(
            by: .attentionBias, inputs, ["windows": .integer(chain.layout.windows)],
            result: result),
          softmax,
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private struct Chain {
    let scores: String
    let layout: ScoreOffsets.Layout
    /// In the order of execution, with the names of their constants.
    let additions: [(node: ONNXNode, constant: String)]
  }

  /// The additions of constants between a product of queries with keys and softmax.
  private func chain(
    to softmax: ONNXNode, in rewriting: ONNXRewriting
  ) throws(TranslationError) -> Chain? {
    var additions: [(node: ONNXNode, constant: String)] = []
    var value = softmax.inputs[0]
    while let node = rewriting.producer(of: value) {
      if Arrangement(node) == .reshape {
        value = node.inputs[0]
      } else if node.isOperator("Add"), let (base, constant) = rewriting.activationAndConstant(node)
      {
        additions.insert((node, constant), at: 0)
        value = base
      } else if node.isOperator(.matMul), let queries = rewriting.producer(of: node.inputs[0]),
        case .splitHeads(_, _, let heads, let windows) = Arrangement(queries),
        let shape = rewriting.shape(of: value)
      {
        let layout = ScoreOffsets.Layout(
          windows: windows, heads: heads, rows: shape[shape.count - 2],
          columns: shape[shape.count - 1])
        return Chain(scores: value, layout: layout, additions: additions)
      } else {
        return nil
      }
    }
    return nil
  }
}

/// The sum of constants that are added to scores, as a bias of each head and a mask of each window.
struct ScoreOffsets {
  /// The extents of the scores.
  struct Layout: Equatable {
    let windows: Int
    let heads: Int
    let rows: Int
    let columns: Int
    var area: Int { rows * columns }
    var count: Int { windows * heads * area }
  }

  private let layout: Layout
  private var biasElements: [Float]
  private var maskElements: [Float]?

  init(_ layout: Layout) {
    self.layout = layout
    biasElements = Array(repeating: 0, count: layout.heads * layout.area)
  }

  /// [heads, rows, columns].
  var bias: ONNXTensor { ONNXTensor([layout.heads, layout.rows, layout.columns], biasElements) }

  /// [windows, rows, columns], if there is one.
  var mask: ONNXTensor? {
    maskElements.map { ONNXTensor([layout.windows, layout.rows, layout.columns], $0) }
  }

  /// Adds a constant that broadcasts to scores of shape `shape`; `false` if it is no sum of both.
  mutating func add(_ tensor: ONNXTensor, at shape: [Int]) -> Bool {
    guard let elements = tensor.floats, shape.reduce(1, *) == layout.count else { return false }
    let map = IndexMap(identity: tensor.shape).expanded(to: shape)
    func value(_ window: Int, _ head: Int, _ i: Int) -> Float {
      elements[Int(map.indices[(window * layout.heads + head) * layout.area + i])]
    }
    func all(_ holds: (Int, Int, Int) -> Bool) -> Bool {
      (0..<layout.windows).allSatisfy { window in
        (0..<layout.heads).allSatisfy { head in
          (0..<layout.area).allSatisfy { holds(window, head, $0) }
        }
      }
    }
    let (windows, heads, area) = (layout.windows, layout.heads, layout.area)
    if all({ value($0, $1, $2) == value(0, $1, $2) }) {
      for head in 0..<heads {
        for i in 0..<area { biasElements[head * area + i] += value(0, head, i) }
      }
      return true
    }
    // Window 0 has no mask: only windows at the far edges wrap around.
    let isMask = all { value($0, $1, $2) == value($0, 0, $2) }
    let common = isMask ? [] : (0..<(heads * area)).map { value(0, $0 / area, $0 % area) }
    var mask = maskElements ?? Array(repeating: 0, count: windows * area)
    for window in 0..<windows {
      for i in 0..<area {
        let offset = isMask ? value(window, 0, i) : (value(window, 0, i) - common[i]).rounded()
        mask[window * area + i] += offset
      }
    }
    if !isMask {
      guard maskElements == nil,
        all({ value($0, $1, $2) == common[$1 * area + $2] + mask[$0 * area + $2] })
      else { return false }
      for i in common.indices { biasElements[i] += common[i] }
    }
    maskElements = mask
    return true
  }
}
