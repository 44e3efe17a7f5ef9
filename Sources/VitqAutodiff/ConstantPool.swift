package import VitqGraph
package import VitqTensor

/// The constants of a graph and every value that depends on nothing else, evaluated once.
///
/// Evaluators on any number of threads share one pool; its memory never changes.
package final class ConstantPool: Sendable {
  package let arithmetic: Arithmetic
  let encodings: Encodings
  private let arena: Arena
  private let offsets: [Int?]
  private let decodedOffsets: [Int?]
  private let shapes: [Shape]
  /// The constants as right operands of products in BF16.
  package let bf16Panels: BF16Panels

  package init(_ graph: Graph, arithmetic: Arithmetic = .real) {
    let encodings = Encodings(graph, arithmetic)
    var lifetimes: [Lifetime] = []
    func place(_ elementCount: Int) -> Int {
      let always = (first: Lifetime.beginning, last: Lifetime.end)
      lifetimes.append(
        Lifetime(elementCount: elementCount, first: always.first, last: always.last))
      return lifetimes.count - 1
    }

    var places: [Int?] = []
    for (node, encoding) in zip(graph.nodes, encodings.ofResult) {
      let isConstant =
        node.operands.isEmpty
        ? !(node.operation is any GraphInput)
        : node.operands.allSatisfy { places[$0.index] != nil }
      places.append(isConstant ? place(encoding.storedCount(node.shape)) : nil)
    }
    var decodedPlaces: [Int?] = Array(repeating: nil, count: graph.nodes.count)
    for id in graph.ids {
      for operand in graph[id].operands
      where encodings.isDecoded(operand, for: id) && places[operand.index] != nil
        && decodedPlaces[operand.index] == nil
      {
        decodedPlaces[operand.index] = place(graph[operand].shape.elementCount)
      }
    }

    let plan = MemoryPlan(lifetimes)
    self.arithmetic = arithmetic
    self.encodings = encodings
    arena = Arena(elementCount: plan.elementCount)
    offsets = places.map { $0.map { plan.offsets[$0] } }
    decodedOffsets = decodedPlaces.map { $0.map { plan.offsets[$0] } }
    shapes = graph.nodes.map(\.shape)
    bf16Panels = BF16Panels(of: arena.view(at: 0, [plan.elementCount]).view)
    for id in graph.ids where holds(id) { evaluate(id, of: graph) }
  }

  /// Whether the value of this node depends on constants only.
  package func holds(_ id: NodeID) -> Bool { offsets[id.index] != nil }

  /// The value of a node, `nil` if it depends on an input.
  package func value(_ id: NodeID) -> TensorView? { mutableValue(id)?.view }

  /// The value of a node as real numbers; only of those that some operation reads so.
  func decodedValue(_ id: NodeID) -> TensorView? {
    decodedOffsets[id.index].map { arena.view(at: $0, shapes[id.index]).view }
  }

  private func mutableValue(_ id: NodeID) -> MutableTensorView? {
    offsets[id.index].map {
      arena.view(at: $0, shapes[id.index], encodings.ofResult[id.index])
    }
  }

  private func evaluate(_ id: NodeID, of graph: Graph) {
    guard let result = mutableValue(id) else { return }
    let node = graph[id]
    if let constant = node.operation as? any GraphConstant {
      constant.value.withView { result.copy(from: $0) }
    } else {
      let operands = node.operands.compactMap { operand in
        encodings.isDecoded(operand, for: id) ? decodedValue(operand) : value(operand)
      }
      let savedCount = node.operation.savedCount(operands.map(\.shape))
      let scratch = Arena(elementCount: savedCount)
      node.operation.forward(
        ForwardSite(
          operands: operands, result: result, saved: scratch.view(at: 0, [savedCount])))
    }
    if let offset = decodedOffsets[id.index] {
      Decoding(source: result.view, target: arena.view(at: offset, node.shape))()
    }
  }
}
