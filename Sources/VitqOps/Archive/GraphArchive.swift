import Foundation
package import VitqGraph
package import VitqTensor

/// A graph as text and named tensors.
///
/// The text is a JSON object:
///
///     {"nodes": [{"name", "op", "attributes", "operands": [name, …]}, …],
///      "outputs": [name, …], "landmarks": {landmark: name, …}}
///
/// Nodes are in topological order, `op` is a mnemonic of ``OperationCatalog`` or `constant`.
/// A constant's value is the tensor of its node's name. Text is untrusted when read: every
/// defect is a ``GraphArchiveError``, and unknown names and attributes are defects.
package struct GraphArchive: Sendable {
  package let text: String
  /// The values of the constants, by node name, in the order of the nodes.
  package let constants: [(name: String, value: Tensor)]

  /// Archives `graph`.
  ///
  /// - Throws: ``GraphArchiveError`` if an operation is not in the catalogue or an attribute is
  ///   not finite.
  package init(_ graph: Graph) throws(GraphArchiveError) {
    var constants: [(name: String, value: Tensor)] = []
    var nodes: [NodeRecord] = []
    for node in graph.nodes {
      let operation: NodeRecord.Operation
      if let constant = node.operation as? Constant {
        constants.append((node.name, constant.value))
        operation = .constant
      } else if let listed = node.operation as? any CatalogOperation {
        operation = .listed(listed)
      } else {
        throw .unknownOperation(node: node.name, found: type(of: node.operation).mnemonic)
      }
      nodes.append(
        NodeRecord(
          name: node.name, operation: operation, operands: node.operands.map { graph[$0].name }))
    }
    let landmarks = graph.landmarks.map { ($0.description, graph[$1].name) }
    let record = GraphRecord(
      nodes: nodes, outputs: graph.outputs.map { graph[$0].name },
      landmarks: Dictionary(uniqueKeysWithValues: landmarks))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      text = String(decoding: try encoder.encode(record), as: UTF8.self)
    } catch {
      throw .malformed(detail: String(describing: error))
    }
    self.constants = constants
  }

  /// The graph that `text` describes.
  ///
  /// - Parameters:
  ///   - text: As in ``text``.
  ///   - constant: The value of the constant of that name, `nil` if there is none.
  /// - Returns: A graph equal to the archived one.
  /// - Throws: ``GraphArchiveError`` for the first defect of `text`.
  package static func graph(
    _ text: String, constant: (String) -> Tensor?
  ) throws(GraphArchiveError) -> Graph {
    let record: GraphRecord
    do {
      record = try JSONDecoder().decode(GraphRecord.self, from: Data(text.utf8))
    } catch let error as GraphArchiveError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(detail: error.summary)
    } catch {
      throw .malformed(detail: String(describing: error))
    }

    var graph = Graph()
    var ids: [String: NodeID] = [:]
    func id(_ name: String, for user: String) throws(GraphArchiveError) -> NodeID {
      guard let id = ids[name] else { throw .unknownNode(user: user, found: name) }
      return id
    }
    for node in record.nodes {
      var operands: [NodeID] = []
      for operand in node.operands { operands.append(try id(operand, for: node.name)) }
      let operation: any VitqGraph.Operation
      switch node.operation {
      case .listed(let listed): operation = listed
      case .constant:
        guard let value = constant(node.name) else { throw .missingConstant(node: node.name) }
        operation = Constant(value)
      }
      let added: NodeID
      do throws(GraphError) {
        added = try graph.add(node.name, operation, operands)
      } catch {
        throw .graph(error)
      }
      guard Shape.isValid(graph[added].shape.dimensions, limit: Shape.elementLimit) else {
        throw .tooLarge(node: node.name, found: graph[added].shape)
      }
      ids[node.name] = added
    }
    for output in record.outputs { graph.outputs.append(try id(output, for: "outputs")) }
    for (name, node) in record.landmarks.sorted(by: { $0.key < $1.key }) {
      guard let landmark = Landmark(name) else { throw .unknownLandmark(name) }
      graph.landmarks[landmark] = try id(node, for: "landmarks")
    }
    return graph
  }
}

extension DecodingError {
  /// Where and what, in one line.
  var summary: String {
    func line(_ context: Context) -> String {
      let path = context.codingPath.map { key in
        key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
      }
      let place = path.joined().drop { $0 == "." }
      let what = context.debugDescription.drop { $0 == "." }
      return place.isEmpty ? String(what) : "\(place): \(what)"
    }
    return switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      line(context)
    @unknown default: String(describing: self)
    }
  }
}
