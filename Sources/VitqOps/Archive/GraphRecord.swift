import VitqGraph

/// The members of an archived graph.
struct GraphRecord: Codable {
  var nodes: [NodeRecord]
  var outputs: [String]
  var landmarks: [String: String]
}

/// One archived node.
struct NodeRecord: Codable {
  enum Operation {
    case constant
    case listed(any CatalogOperation)
  }

  var name: String
  var operation: Operation
  var operands: [String]

  private enum Key: String, CodingKey {
    case name, op, attributes, operands
  }

  init(name: String, operation: Operation, operands: [String]) {
    self.name = name
    self.operation = operation
    self.operands = operands
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    name = try container.decode(String.self, forKey: .name)
    operands = try container.decode([String].self, forKey: .operands)
    let mnemonic = try container.decode(String.self, forKey: .op)
    if mnemonic == Constant.mnemonic {
      operation = .constant
    } else if let type = OperationCatalog.operation(named: mnemonic) {
      operation = .listed(try Self.decode(type, of: name, from: container))
    } else {
      throw GraphArchiveError.unknownOperation(node: name, found: mnemonic)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode(operands, forKey: .operands)
    switch operation {
    case .constant: try container.encode(Constant.mnemonic, forKey: .op)
    case .listed(let operation):
      try container.encode(type(of: operation).mnemonic, forKey: .op)
      try container.encode(operation, forKey: .attributes)
    }
  }

  private static func decode<T: CatalogOperation>(
    _ type: T.Type, of node: String, from container: KeyedDecodingContainer<Key>
  ) throws -> T {
    do {
      let operation = try container.decode(T.self, forKey: .attributes)
      let found = try container.decode(MemberNames.self, forKey: .attributes).names
      let known = try MemberNames(of: operation).names
      if let unknown = found.subtracting(known).min() {
        throw GraphArchiveError.unknownAttribute(
          node: node, mnemonic: T.mnemonic, found: unknown)
      }
      return operation
    } catch let error as GraphArchiveError {
      throw error
    } catch {
      // A number that does not fit its type is no DecodingError until the decoder returns.
      let detail = (error as? DecodingError)?.summary ?? "a value that its type cannot hold"
      throw GraphArchiveError.invalidAttributes(
        node: node, mnemonic: T.mnemonic, detail: detail)
    }
  }
}
