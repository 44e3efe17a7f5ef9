package import VitqGraph
import VitqOps
package import VitqTensor

/// The state of a rewrite: read from `source`, append to the new graph.
package struct Rewriting {
  package let source: Graph
  private let useCounts: [Int]
  private let users: [[NodeID]]
  private var target = Graph()
  private var image: [NodeID] = []

  package init(of source: Graph) {
    self.source = source
    useCounts = source.useCounts()
    users = source.users()
  }

  /// The new-graph value that stands for an already visited node of ``source``.
  package subscript(id: NodeID) -> NodeID { image[id.index] }

  package func hasOneUse(_ id: NodeID) -> Bool { useCounts[id.index] == 1 }

  /// The node that alone reads `id`, if it reads it once and no output does.
  package func onlyUser(of id: NodeID) -> NodeID? {
    hasOneUse(id) ? users[id.index].first : nil
  }

  /// The nodes that read `id`, once for each operand.
  package func users(of id: NodeID) -> [NodeID] { users[id.index] }

  package func constant(_ id: NodeID) -> Tensor? { source.constant(id) }

  /// The weight and bias of a linear layer that has both constant.
  package func linearConstants(_ id: NodeID) -> (weight: Tensor, bias: Tensor)? {
    source.linearConstants(id)
  }

  package mutating func add(
    _ name: String, _ operation: any Operation, _ operands: [NodeID] = []
  ) throws(GraphError) -> NodeID {
    try target.add(name, operation, operands)
  }

  /// Ends the visit of `id`, which `replacement` stands for from now on; `nil` copies the node.
  package mutating func finish(_ id: NodeID, as replacement: NodeID?) throws(GraphError) {
    if let replacement {
      image.append(replacement)
    } else {
      let node = source[id]
      image.append(try target.add(node.name, node.operation, node.operands.map { self[$0] }))
    }
  }

  /// The new graph, once every node of ``source`` was visited.
  package func result() throws(GraphError) -> Graph {
    var graph = target
    graph.outputs = source.outputs.map { self[$0] }
    graph.landmarks = source.landmarks.mapValues { self[$0] }
    return try graph.removingDeadNodes()
  }
}

extension Graph {
  /// The nodes that read each node, once for each operand, indexed like ``nodes``.
  package func users() -> [[NodeID]] {
    var users = Array(repeating: [NodeID](), count: nodes.count)
    for id in ids { for operand in self[id].operands { users[operand.index].append(id) } }
    return users
  }

  /// The graph without the nodes that no output depends on; inputs stay.
  ///
  /// A landmark on a removed node is removed with it.
  package func removingDeadNodes() throws(GraphError) -> Graph {
    var isLive = Array(repeating: false, count: nodes.count)
    for output in outputs { isLive[output.index] = true }
    for id in ids.reversed() where isLive[id.index] || self[id].operation is Input {
      isLive[id.index] = true
      for operand in self[id].operands { isLive[operand.index] = true }
    }
    var live = Graph()
    var image: [NodeID: NodeID] = [:]
    for id in ids where isLive[id.index] {
      let node = self[id]
      image[id] = try live.add(node.name, node.operation, node.operands.compactMap { image[$0] })
    }
    live.outputs = outputs.compactMap { image[$0] }
    live.landmarks = landmarks.compactMapValues { image[$0] }
    return live
  }
}
