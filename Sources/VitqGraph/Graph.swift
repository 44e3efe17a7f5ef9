package import VitqTensor

/// An index into ``Graph/nodes``; valid only in the graph that made it.
package struct NodeID: Hashable, Sendable {
  package let index: Int

  package init(index: Int) { self.index = index }
}

/// One operation applied to earlier nodes, with exactly one result.
package struct Node: Sendable {
  package let name: String
  package let operation: any Operation
  package let operands: [NodeID]
  package let shape: Shape
}

/// A single-assignment dataflow graph, in topological order by construction.
///
/// Nodes are only ever appended, after their operands and with their shape inferred, so every
/// graph that exists is well formed: there is no separate validation step to forget.
package struct Graph: Sendable {
  package private(set) var nodes: [Node] = []
  package var outputs: [NodeID] = []
  package var landmarks: [Landmark: NodeID] = [:]
  private var names: Set<String> = []

  package init() {}

  package subscript(id: NodeID) -> Node { nodes[id.index] }
  package var ids: some BidirectionalCollection<NodeID> { nodes.indices.lazy.map(NodeID.init) }

  /// Appends a node and returns it.
  ///
  /// - Throws: ``GraphError`` if `name` is taken or the operands do not suit `operation`.
  @discardableResult
  package mutating func add(
    _ name: String, _ operation: any Operation, _ operands: [NodeID] = []
  ) throws(GraphError) -> NodeID {
    func failure(_ reason: GraphError.Reason) -> GraphError {
      GraphError(node: name, mnemonic: type(of: operation).mnemonic, reason: reason)
    }
    let shape: Shape
    do throws(ShapeError) {
      shape = try operation.resultShape(operands.map { self[$0].shape })
    } catch {
      throw failure(.shape(error))
    }
    guard names.insert(name).inserted else { throw failure(.duplicateName) }
    nodes.append(Node(name: name, operation: operation, operands: operands, shape: shape))
    return NodeID(index: nodes.count - 1)
  }

  /// The number of uses of each node, as operand or output, indexed like ``nodes``.
  package func useCounts() -> [Int] {
    var counts = Array(repeating: 0, count: nodes.count)
    for node in nodes { for operand in node.operands { counts[operand.index] += 1 } }
    for output in outputs { counts[output.index] += 1 }
    return counts
  }
}

/// A node that could not be added to a graph, and why.
package struct GraphError: Error, Equatable {
  package enum Reason: Equatable, Sendable {
    case duplicateName
    case shape(ShapeError)
  }

  package let node: String
  package let mnemonic: String
  package let reason: Reason
}

extension GraphError: CustomStringConvertible {
  package var description: String {
    switch reason {
    case .duplicateName: "node '\(node)' (\(mnemonic)): another node has this name"
    case .shape(let error): "node '\(node)' (\(mnemonic)): \(error)"
    }
  }
}

extension Graph: CustomStringConvertible {
  /// One node a line, as the tests compare it: `%n = mnemonic(%a, %b) [shape] "name"`.
  package var description: String {
    let lines = zip(nodes.indices, nodes).map { index, node in
      let operands = node.operands.map { "%\($0.index)" }.joined(separator: ", ")
      let mnemonic = type(of: node.operation).mnemonic
      return "%\(index) = \(mnemonic)(\(operands)) \(node.shape) \"\(node.name)\""
    }
    let results = outputs.map { "%\($0.index)" }.joined(separator: ", ")
    return (lines + ["return \(results)"]).joined(separator: "\n")
  }
}
