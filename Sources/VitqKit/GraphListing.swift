import VitqGraph
import VitqTensor

/// The graph of a full-precision model, as a program may show it.
package struct GraphListing: Sendable {
  package struct Node: Sendable, Equatable {
    package let name: String
    package let operation: String
    /// Names of nodes.
    package let operands: [String]
    package let shape: [Int]
  }

  package let nodes: [Node]
  package let outputs: [String]
  /// In alphabetical order.
  package let landmarks: [(landmark: String, node: String)]
  /// One node a line.
  package let text: String

  /// Reads the graph of the model at `path`.
  package init(path: String) throws(KitError) { self.init(try GraphModel(path: path).graph) }

  init(_ graph: Graph) {
    func name(_ id: NodeID) -> String { graph[id].name }
    nodes = graph.nodes.map { node in
      Node(
        name: node.name, operation: type(of: node.operation).mnemonic,
        operands: node.operands.map(name), shape: node.shape.dimensions)
    }
    outputs = graph.outputs.map(name)
    landmarks = graph.landmarks.map { ($0.key.description, name($0.value)) }
      .sorted { $0.0 < $1.0 }
    text = graph.description
  }
}
