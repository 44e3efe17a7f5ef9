package import VitqGraph

extension Graph {
  /// The dump without names of nodes, followed by the landmarks.
  package var namelessDump: String {
    let lines = zip(nodes.indices, nodes).map { index, node in
      let operands = node.operands.map { "%\($0.index)" }.joined(separator: ", ")
      return "%\(index) = \(type(of: node.operation).mnemonic)(\(operands)) \(node.shape)"
    }
    let marks = landmarks.map { "\($0.key) %\($0.value.index)" }.sorted()
    let results = outputs.map { "%\($0.index)" }.joined(separator: ", ")
    return (lines + ["return \(results)"] + marks).joined(separator: "\n")
  }

  /// The first nodes whose operations differ, attributes and constants included, with the mnemonics of both.
  ///
  /// - Parameter other: A graph with the same dump but for names.
  /// - Returns: A line for each difference.
  package func operationDifferences(from other: Graph) -> [String] {
    zip(nodes, other.nodes).compactMap { own, its in
      guard !own.operation.isEqual(to: its.operation) else { return nil }
      return "\(own.name): \(type(of: own.operation).mnemonic), \(its.name)"
    }
  }
}
