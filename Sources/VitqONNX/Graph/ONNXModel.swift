/// A network as an ONNX file holds it: general operators, not yet vitq's.
package struct ONNXModel: Sendable {
  package var graph: ONNXGraph
  /// The version of the operators of the default domain.
  package var opset: Int
  /// The texts stored beside the graph, by key.
  package var metadata: [String: String]
  /// What the reader changed that a user may want to know, such as a conversion of weights.
  package var notes: [String]

  package init(
    graph: ONNXGraph, opset: Int, metadata: [String: String] = [:], notes: [String] = []
  ) {
    self.graph = graph
    self.opset = opset
    self.metadata = metadata
    self.notes = notes
  }
}

/// Nodes that compute values from values, each value with a name of its own.
///
/// What ``ONNXReader`` returns holds to this: nodes are in topological order; every operand is an
/// input, an initializer or the result of an earlier node; no name is given twice. Tensors of
/// `Constant` nodes are ``initializers``; there are no such nodes.
package struct ONNXGraph: Sendable {
  /// The inputs that the user gives; those with an initializer are left out.
  package var inputs: [ONNXValueInfo]
  package var outputs: [String]
  package var initializers: [String: ONNXTensor]
  package var nodes: [ONNXNode]

  package init(
    inputs: [ONNXValueInfo], outputs: [String], initializers: [String: ONNXTensor],
    nodes: [ONNXNode]
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.initializers = initializers
    self.nodes = nodes
  }
}

/// The name, element type and shape of an input.
package struct ONNXValueInfo: Sendable, Equatable {
  package enum Dimension: Sendable, Equatable {
    case fixed(Int)
    /// A size that each run chooses; the name is empty where the file gives none.
    case symbolic(String)
  }

  package var name: String
  package var elementType: ONNXElementType
  package var dimensions: [Dimension]

  package init(name: String, elementType: ONNXElementType, dimensions: [Dimension]) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
  }
}
