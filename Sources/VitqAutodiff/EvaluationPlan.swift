import VitqGraph
import VitqTensor

/// What an evaluator does, step by step, and where each value lies meanwhile.
struct EvaluationPlan {
  enum ForwardStep: Equatable {
    /// Write the real numbers that the integers of a node stand for.
    case decode(NodeID)
    case evaluate(NodeID)
  }

  private(set) var forward: [ForwardStep] = []
  /// The nodes to pull back, consumers first.
  private(set) var backward: [NodeID] = []

  /// Indices into ``lifetimes``, by node; `nil` where the evaluator keeps no such thing.
  private(set) var values: [Int?]
  private(set) var decoded: [Int?]
  private(set) var saved: [Int?]
  private(set) var cotangents: [Int?]
  private(set) var lifetimes: [Lifetime] = []

  /// The nodes on a path from one whose gradient is wanted to a seed.
  private(set) var isOnPath: [Bool]

  /// - Parameters:
  ///   - graph: The graph.
  ///   - constants: What is not evaluated, unless it depends on a node of `gradients`.
  ///   - keeping: The nodes whose values stay until the next evaluation.
  ///   - seeds: The nodes whose cotangents the caller provides.
  ///   - gradients: The nodes whose gradients are wanted.
  init(
    _ graph: Graph, constants: ConstantPool, keeping: Set<NodeID>, seeds: Set<NodeID>,
    gradients: Set<NodeID>
  ) {
    let nothing: [Int?] = Array(repeating: nil, count: graph.nodes.count)
    (values, decoded, saved, cotangents) = (nothing, nothing, nothing, nothing)
    isOnPath = Self.paths(graph, seeds: seeds, gradients: gradients)
    let needed = Self.needed(
      graph, roots: keeping.union(seeds), constants: constants, gradients: gradients)

    planForward(graph, constants.encodings, needed)
    planBackward(graph, seeds: seeds, gradients: gradients)
    for id in keeping {
      if let value = values[id.index] { lifetimes[value].last = Lifetime.end }
    }
  }

  /// The nodes between `gradients` and `seeds`, both included.
  private static func paths(
    _ graph: Graph, seeds: Set<NodeID>, gradients: Set<NodeID>
  ) -> [Bool] {
    var depends = Array(repeating: false, count: graph.nodes.count)
    for id in graph.ids {
      depends[id.index] =
        gradients.contains(id) || graph[id].operands.contains { depends[$0.index] }
    }
    var leads = Array(repeating: false, count: graph.nodes.count)
    for id in graph.ids.reversed() {
      if seeds.contains(id) { leads[id.index] = true }
      guard leads[id.index] else { continue }
      for operand in graph[id].operands { leads[operand.index] = true }
    }
    return zip(depends, leads).map { $0 && $1 }
  }

  /// The nodes that the roots depend on and that the pool does not hold for good.
  private static func needed(
    _ graph: Graph, roots: Set<NodeID>, constants: ConstantPool, gradients: Set<NodeID>
  ) -> [Bool] {
    var varies = Array(repeating: false, count: graph.nodes.count)
    for id in graph.ids {
      varies[id.index] =
        !constants.holds(id) || gradients.contains(id)
        || graph[id].operands.contains { varies[$0.index] }
    }
    var needed = Array(repeating: false, count: graph.nodes.count)
    for id in graph.ids.reversed() where varies[id.index] {
      if roots.contains(id) || graph[id].operands.isEmpty { needed[id.index] = true }
      guard needed[id.index] else { continue }
      for operand in graph[id].operands where varies[operand.index] {
        needed[operand.index] = true
      }
    }
    return needed
  }

  private mutating func planForward(
    _ graph: Graph, _ encodings: Encodings, _ needed: [Bool]
  ) {
    for id in graph.ids where needed[id.index] {
      let node = graph[id]
      if node.operands.isEmpty {
        values[id.index] = add(node.shape, Lifetime.beginning, Lifetime.end)
        continue
      }
      for operand in node.operands where encodings.isDecoded(operand, for: id) {
        guard let value = values[operand.index], decoded[operand.index] == nil else { continue }
        lifetimes[value].last = max(lifetimes[value].last, forward.count)
        decoded[operand.index] = add(graph[operand].shape, forward.count, forward.count)
        forward.append(.decode(operand))
      }
      let step = forward.count
      for operand in node.operands {
        let source = encodings.isDecoded(operand, for: id) ? decoded : values
        guard let value = source[operand.index] else { continue }
        lifetimes[value].last = max(lifetimes[value].last, step)
      }
      values[id.index] = add(
        encodings.ofResult[id.index].storedCount(node.shape), step, step)
      let savedCount = node.operation.savedCount(node.operands.map { graph[$0].shape })
      if savedCount > 0 { saved[id.index] = add(savedCount, step, step) }
      forward.append(.evaluate(id))
    }
  }

  private mutating func planBackward(
    _ graph: Graph, seeds: Set<NodeID>, gradients: Set<NodeID>
  ) {
    for id in seeds.union(gradients).sorted(by: { $0.index < $1.index })
    where seeds.contains(id) || !isOnPath[id.index] {
      cotangents[id.index] = add(graph[id].shape, Lifetime.beginning, Lifetime.end)
    }
    for id in graph.ids.reversed() where isOnPath[id.index] {
      let node = graph[id]
      guard node.operands.contains(where: { isOnPath[$0.index] }) else { continue }
      let step = forward.count + backward.count
      extend(cotangents[id.index], to: step)
      extend(saved[id.index], to: step)
      if node.operation.pullbackReads.result { extend(values[id.index], to: step) }
      let wanted = Set(node.operands.indices.filter { isOnPath[node.operands[$0].index] })
      for index in node.operation.pullbackReads.operands(forGradientsOf: wanted) {
        extend(values[node.operands[index].index], to: step)
      }
      for operand in node.operands
      where isOnPath[operand.index] && cotangents[operand.index] == nil {
        let last = gradients.contains(operand) ? Lifetime.end : step
        cotangents[operand.index] = add(graph[operand].shape, step, last)
      }
      backward.append(id)
    }
  }

  private mutating func add(_ shape: Shape, _ first: Int, _ last: Int) -> Int {
    add(shape.elementCount, first, last)
  }

  private mutating func add(_ elementCount: Int, _ first: Int, _ last: Int) -> Int {
    lifetimes.append(Lifetime(elementCount: elementCount, first: first, last: last))
    return lifetimes.count - 1
  }

  private mutating func extend(_ lifetime: Int?, to step: Int) {
    guard let lifetime else { return }
    lifetimes[lifetime].last = max(lifetimes[lifetime].last, step)
  }
}
