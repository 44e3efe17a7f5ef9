import VitqGraph
import VitqOps
import VitqTensor

/// Appends vitq's operation for each node of a recovered ONNX graph.
///
/// A value of shape [1, .., N, C] there is the matrix [N, C] here: the batch disappears.
struct GraphTranslator {
  private(set) var graph = Graph()
  /// The ONNX node that each node comes from; constants come from the node that reads them.
  private(set) var sources: [ONNXNode] = []
  private let recovered: ONNXGraph
  private let shapes: [String: [Int]]
  private var values: [String: NodeID] = [:]

  init(_ recovered: ONNXGraph) throws(TranslationError) {
    self.recovered = recovered
    shapes = try StaticShapes(recovered).shapes
  }

  mutating func run() throws(TranslationError) {
    let input = recovered.inputs[0]
    guard let first = recovered.nodes.first else { throw .noTransformer("it has no nodes") }
    values[input.name] = try add(Input(Shape(Array(input.fixedShape.dropFirst()))), [], for: first)
    for node in recovered.nodes { values[node.outputs[0]] = try translate(node) }
    guard let output = values[recovered.outputs[0]] else {
      throw .noTransformer("the output does not depend on the image")
    }
    graph.outputs = [output]
  }

  private mutating func translate(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    if let type = InternalOperator(rawValue: node.operatorType), node.isOperator(type) {
      return try translate(node, type)
    }
    switch node.operatorType {
    case "Add": return try sum(node)
    case "Concat": return try concatenation(node)
    case "Gelu":
      let form = node.string("approximate") ?? "none"
      guard ["none", "tanh"].contains(form) else {
        throw node.unsupported(expected: "approximation none or tanh", found: form)
      }
      return try add(GELU(form == "none" ? .erf : .tanh), [operand(0, of: node)], for: node)
    case "LayerNormalization": return try normalization(node)
    case "Mul": return try channelScale(node)
    case "Softmax":
      try checkLastAxis(node, default: -1)
      return try add(Softmax(), [operand(0, of: node)], for: node)
    default:
      throw node.unsupported(
        expected: "a place in a vision transformer", found: "operands that no pass recognises")
    }
  }

  private mutating func translate(
    _ node: ONNXNode, _ type: InternalOperator
  ) throws(TranslationError) -> NodeID {
    switch type {
    case .linear: return try linear(node)
    case .patchEmbedding: return try patchEmbedding(node)
    case .meanRows: return try add(MeanRows(), [operand(0, of: node)], for: node)
    case .matMul:
      let product = MatMul(
        transposesRight: node.integer("transposed") == 1, scale: node.float("scale") ?? 1)
      return try add(product, [operand(0, of: node), operand(1, of: node)], for: node)
    case .attentionBias:
      var operands = [try operand(0, of: node)]
      for name in node.inputs.dropFirst() { operands.append(try constant(name, for: node)) }
      return try add(
        AttentionBias(windows: node.integer("windows") ?? 1), operands, for: node)
    case .arrange:
      let x = try operand(0, of: node)
      guard let arrangement = Arrangement(node) else { throw .unsupportedOperator(.init(node)) }
      guard let operation = arrangement.operation else { return x }
      return try add(operation, [x], for: node)
    }
  }

  // MARK: Operations

  private mutating func patchEmbedding(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    let side = node.integer("side") ?? 1
    let patches = try add(ImagePatches(side: side), [operand(0, of: node)], for: node)
    let weight = try weight(1, of: node)
    let flat = weight.reshaped(to: [weight.shape[0], weight.shape.elementCount / weight.shape[0]])
    return try layer(patches, flat, bias(of: node, count: weight.shape[0]), for: node)
  }

  private mutating func linear(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    let x = try operand(0, of: node)
    var weight = try weight(1, of: node)
    if node.integer("transposed") == 1 { weight = weight.transposed() }
    var bias = try bias(of: node, count: weight.shape[0])
    if let factor = node.float("factor") {
      weight = Tensor(weight.shape, weight.elements.map { factor * $0 })
      bias = Tensor(bias.shape, bias.elements.map { factor * $0 })
    }
    return try layer(x, weight, bias, for: node)
  }

  private mutating func layer(
    _ x: NodeID, _ weight: Tensor, _ bias: Tensor, for node: ONNXNode
  ) throws(TranslationError) -> NodeID {
    let w = try add(Constant(weight), [], for: node)
    let b = try add(Constant(bias), [], for: node)
    return try add(Linear(), [x, w, b], for: node)
  }

  private mutating func normalization(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    try checkLastAxis(node, default: -1)
    let x = try operand(0, of: node)
    let gamma = try weight(1, of: node)
    let beta = try bias(of: node, count: gamma.shape.elementCount)
    let g = try add(Constant(gamma.flattened), [], for: node)
    let b = try add(Constant(beta), [], for: node)
    return try add(LayerNorm(epsilon: node.float("epsilon") ?? 1e-5), [x, g, b], for: node)
  }

  /// A residual, or position embeddings.
  private mutating func sum(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    let operands = node.inputs.compactMap { values[$0] }.sorted { $0.index < $1.index }
    if operands.count == 2 { return try add(Add(), operands, for: node) }
    guard operands.count == 1,
      let name = node.inputs.first(where: { recovered.initializers[$0] != nil })
    else { throw node.unsupported(expected: "an activation", found: "constants") }
    let tensor = try weight(named: name)
    let (shape, width) = (graph[operands[0]].shape, tensor.shape.width)
    let rows = tensor.shape.elementCount / max(width, 1)
    guard tensor.shape.elementCount == shape.elementCount, shape.rank == 2, rows == shape[0] else {
      throw node.unsupported(
        expected: "position embeddings of shape \(shape)", found: "\(tensor.shape)")
    }
    let positions = try add(Constant(tensor.reshaped(to: shape)), [], for: node)
    return try add(Add(), [operands[0], positions], for: node)
  }

  /// LayerScale.
  private mutating func channelScale(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    let operands = node.inputs.compactMap { values[$0] }
    guard operands.count == 1,
      let name = node.inputs.first(where: { recovered.initializers[$0] != nil })
    else {
      throw node.unsupported(
        expected: "an activation and a scale for each channel", found: "two activations")
    }
    let tensor = try weight(named: name)
    let width = graph[operands[0]].shape.width
    guard tensor.shape.elementCount == width, tensor.shape.width == width else {
      throw node.unsupported(
        expected: "a scale for each of \(width) channels", found: "shape \(tensor.shape)")
    }
    let scale = try add(Constant(tensor.flattened), [], for: node)
    return try add(Multiply(), [operands[0], scale], for: node)
  }

  /// Tokens after class, distillation and register tokens.
  private mutating func concatenation(_ node: ONNXNode) throws(TranslationError) -> NodeID {
    let shape = shapes[node.outputs[0]] ?? []
    let axis = try node.axis(default: 0, rank: shape.count)
    guard axis == shape.count - 2, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw node.unsupported(expected: "tokens, axis \(shape.count - 2)", found: "axis \(axis)")
    }
    var operands: [NodeID] = []
    for name in node.inputs {
      if let value = values[name] {
        operands.append(value)
      } else {
        let tensor = try weight(named: name)
        let rows = tensor.shape.elementCount / max(tensor.shape.width, 1)
        operands.append(
          try add(Constant(tensor.reshaped(to: [rows, tensor.shape.width])), [], for: node))
      }
    }
    return try add(Concatenate(), operands, for: node)
  }

  private func checkLastAxis(_ node: ONNXNode, default standard: Int) throws(TranslationError) {
    let rank = shapes[node.inputs[0]]?.count ?? 0
    let axis = try node.axis(default: standard, rank: rank)
    guard axis == rank - 1 else {
      throw node.unsupported(expected: "the last axis, \(rank - 1)", found: "axis \(axis)")
    }
  }

  // MARK: Parts

  private func operand(_ index: Int, of node: ONNXNode) throws(TranslationError) -> NodeID {
    guard let name = node.operand(index), let value = values[name] else {
      throw node.unsupported(
        expected: "operand \(index) that depends on the image", found: "a constant")
    }
    return value
  }

  private func weight(_ index: Int, of node: ONNXNode) throws(TranslationError) -> Tensor {
    guard let name = node.operand(index), recovered.initializers[name] != nil else {
      throw node.unsupported(expected: "a constant operand \(index)", found: "none")
    }
    return try weight(named: name)
  }

  private func weight(named name: String) throws(TranslationError) -> Tensor {
    guard let tensor = recovered.initializers[name] else {
      throw .noTransformer("value '\(name)' is not constant")
    }
    do throws(ONNXError) {
      return try tensor.weight(named: name)
    } catch {
      throw .tensor(error)
    }
  }

  /// Operand 2, or zeros if it is absent.
  private func bias(of node: ONNXNode, count: Int) throws(TranslationError) -> Tensor {
    guard node.operand(2) != nil else { return Tensor(zeros: [count]) }
    return try weight(2, of: node).flattened
  }

  private mutating func constant(
    _ name: String, for node: ONNXNode
  ) throws(TranslationError) -> NodeID {
    try add(Constant(weight(named: name)), [], for: node)
  }

  private mutating func add(
    _ operation: any Operation, _ operands: [NodeID], for node: ONNXNode
  ) throws(TranslationError) -> NodeID {
    do throws(GraphError) {
      let id = try graph.add("\(graph.nodes.count)", operation, operands)
      sources.append(node)
      return id
    } catch {
      throw .graph(.init(node), error)
    }
  }
}

extension Arrangement {
  /// The operation; `nil` if matrices here do not change.
  fileprivate var operation: (any Operation)? {
    switch self {
    case .reshape: nil
    case .selectRows(let first, let count): SelectRows(first: first, count: count)
    case .splitHeads(let part, let parts, let heads, let windows):
      SplitHeads(part: part, parts: parts, heads: heads, windows: windows)
    case .mergeHeads(let windows): MergeHeads(windows: windows)
    case .partition(let grid): WindowPartition(grid)
    case .reverse(let grid): WindowReverse(grid)
    case .mergePatches(let height, let width): MergePatches(height: height, width: width)
    }
  }
}

extension Tensor {
  fileprivate var flattened: Tensor { reshaped(to: [shape.elementCount]) }

  /// [N, M] from [M, N].
  fileprivate func transposed() -> Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let source = elements
    let result = unsafe [Float](unsafeUninitializedCapacity: source.count) { buffer, count in
      // Square tiles keep both sides in the cache.
      for top in stride(from: 0, to: rows, by: 32) {
        for left in stride(from: 0, to: columns, by: 32) {
          for column in left..<min(left + 32, columns) {
            for row in top..<min(top + 32, rows) {
              unsafe buffer[column * rows + row] = source[row * columns + column]
            }
          }
        }
      }
      count = source.count
    }
    return Tensor([columns, rows], result)
  }
}
