package import VitqGraph
package import VitqTensor

/// What is wrong with an archived graph.
package enum GraphArchiveError: Error, Equatable {
  /// No JSON, or not the members that there should be.
  case malformed(detail: String)
  case unknownOperation(node: String, found: String)
  /// Attributes that are missing, of another type or out of range.
  case invalidAttributes(node: String, mnemonic: String, detail: String)
  case unknownAttribute(node: String, mnemonic: String, found: String)
  /// An operand, output or landmark that names no earlier node.
  case unknownNode(user: String, found: String)
  case unknownLandmark(String)
  case missingConstant(node: String)
  case graph(GraphError)
  case tooLarge(node: String, found: Shape)
}

extension GraphArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let detail): "graph: no valid description: \(detail)"
    case .unknownOperation(let node, let found): "node '\(node)': unknown operation '\(found)'"
    case .invalidAttributes(let node, let mnemonic, let detail):
      "node '\(node)' (\(mnemonic)): invalid attributes: \(detail)"
    case .unknownAttribute(let node, let mnemonic, let found):
      "node '\(node)' (\(mnemonic)): unknown attribute '\(found)'"
    case .unknownNode(let user, let found): "'\(user)': refers to '\(found)', no earlier node"
    case .unknownLandmark(let name): "landmarks: unknown landmark '\(name)'"
    case .missingConstant(let node): "node '\(node)' (constant): its tensor is missing"
    case .graph(let error): error.description
    case .tooLarge(let node, let found):
      "node '\(node)': too large: expected at most \(Shape.elementLimit) elements, "
        + "found shape \(found)"
    }
  }
}
