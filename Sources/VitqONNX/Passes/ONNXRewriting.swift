/// The state of a pass: the graph as it was, and what takes the place of its parts.
struct ONNXRewriting {
  let graph: ONNXGraph
  /// The shape of every value; see ``StaticShapes``.
  let shapes: [String: [Int]]
  private let producers: [String: Int]
  private let consumers: [String: [Int]]
  private var replacements: [Int: [ONNXNode]] = [:]
  private var aliases: [String: String] = [:]
  private var added: [String: ONNXTensor] = [:]
  private(set) var count = 0

  init(_ graph: ONNXGraph) throws(TranslationError) {
    self.graph = graph
    shapes = try StaticShapes(graph).shapes
    var producers: [String: Int] = [:]
    var consumers: [String: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
      for input in node.inputs where !input.isEmpty { consumers[input, default: []].append(index) }
    }
    self.producers = producers
    self.consumers = consumers
  }

  // MARK: Reading

  func producerIndex(of value: String) -> Int? { producers[value] }

  /// The node that computes a value; `nil` for inputs and constants.
  func producer(of value: String) -> ONNXNode? { producers[value].map { graph.nodes[$0] } }

  /// The nodes that read a value, once for each operand, in order.
  func consumerIndices(of value: String) -> [Int] { consumers[value] ?? [] }

  func isOutput(_ value: String) -> Bool { graph.outputs.contains(value) }

  /// Whether one operand alone reads the value.
  func hasOneUse(_ value: String) -> Bool {
    consumerIndices(of: value).count == 1 && !isOutput(value)
  }

  func constant(_ value: String?) -> ONNXTensor? {
    value.flatMap { added[$0] ?? graph.initializers[$0] }
  }

  /// The value of a floating-point constant with one element.
  func scalar(_ value: String?) -> Float? {
    guard let tensor = constant(value), tensor.elementCount == 1 else { return nil }
    return tensor.floats?.first
  }

  /// The operands of a two-operand node as (activation, scalar constant), in either order.
  func scaled(_ node: ONNXNode) -> (value: String, factor: Float)? {
    guard node.inputs.count == 2 else { return nil }
    if let factor = scalar(node.inputs[1]), constant(node.inputs[0]) == nil {
      return (node.inputs[0], factor)
    }
    if let factor = scalar(node.inputs[0]), constant(node.inputs[1]) == nil {
      return (node.inputs[1], factor)
    }
    return nil
  }

  func shape(of value: String) -> [Int]? { shapes[value] ?? constant(value)?.shape }

  // MARK: Writing

  /// Puts nodes in the place of a node; what it read and nobody else reads is dropped.
  mutating func replace(_ index: Int, by nodes: [ONNXNode]) {
    replacements[index] = nodes
    count += 1
  }

  /// Puts nodes in the place of a node as a part of a rewrite that is counted elsewhere.
  mutating func substitute(_ index: Int, by nodes: [ONNXNode]) { replacements[index] = nodes }

  /// Drops a node whose only result is what `value` is.
  mutating func forward(_ index: Int, to value: String) {
    aliases[graph.nodes[index].outputs[0]] = value
    replacements[index] = []
    count += 1
  }

  mutating func addConstant(_ name: String, _ tensor: ONNXTensor) { added[name] = tensor }

  /// The graph with all replacements, without nodes and constants that no output depends on.
  func result() -> ONNXGraph {
    var graph = graph
    func resolved(_ value: String) -> String {
      var value = value
      while let target = aliases[value] { value = target }
      return value
    }
    var nodes: [ONNXNode] = []
    nodes.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      for var node in replacements[index] ?? [node] {
        node.inputs = node.inputs.map(resolved)
        nodes.append(node)
      }
    }
    graph.nodes = nodes
    graph.outputs = graph.outputs.map(resolved)
    graph.initializers.merge(added) { _, new in new }
    graph.removeDeadParts()
    return graph
  }
}

extension ONNXGraph {
  /// Drops nodes and constants that no output depends on.
  mutating func removeDeadParts() {
    var live = Set(outputs)
    var kept: [ONNXNode] = []
    for node in nodes.reversed() where node.outputs.contains(where: live.contains) {
      live.formUnion(node.inputs)
      kept.append(node)
    }
    nodes = kept.reversed()
    initializers = initializers.filter { live.contains($0.key) }
  }
}
