import VitqGraph
import VitqOps
import VitqTensor

/// The values of a graph that are one vector space by the sums between them, and whose basis can
/// be changed: linear layers and constants write them, layer normalisations read them, and linear
/// layers read those.
struct ResidualStream: Equatable {
  /// The number of channels.
  var width: Int
  /// The linear layers and constants whose rows are vectors of the stream.
  var writers: Set<NodeID> = []
  /// The normalisations that read the stream.
  var norms: Set<NodeID> = []
  /// Those of them that read four tokens side by side.
  var mergingNorms: Set<NodeID> = []
  /// The linear layers that read the normalisations, and which one.
  var readers: [NodeID: NodeID] = [:]

  /// All streams of a graph whose basis can be changed.
  static func all(in graph: Graph) -> [ResidualStream] {
    let groups = RowGroups(graph)
    let users = graph.users()
    let roots = Set(
      graph.ids.filter { graph[$0].operation is LayerNorm }.map { norm in
        let operand = graph[norm].operands[0]
        let isMerged = graph[operand].operation is MergePatches
        return groups.root(of: isMerged ? graph[operand].operands[0] : operand)
      })
    return roots.sorted { $0.index < $1.index }.compactMap {
      ResidualStream($0, graph, groups, users)
    }
  }

  private init?(_ root: NodeID, _ graph: Graph, _ groups: RowGroups, _ users: [[NodeID]]) {
    width = graph[root].shape.width
    let members = groups.members(of: root)
    for id in members {
      let node = graph[id]
      guard node.shape.width == width, !graph.outputs.contains(id) else { return nil }
      switch node.operation {
      case is Linear:
        guard graph.linearConstants(id) != nil else { return nil }
        writers.insert(id)
      case is Constant: writers.insert(id)
      case let operation where operation.actsOnRowsOnly: break
      default: return nil
      }
      for user in users[id.index] where groups.root(of: user) != root {
        guard insert(reader: user, of: id, graph, groups, users) else { return nil }
      }
    }
    guard !norms.isEmpty else { return nil }
  }

  /// Adds a node that reads the stream at `id`; `false` if it may not.
  private mutating func insert(
    reader: NodeID, of id: NodeID, _ graph: Graph, _ groups: RowGroups, _ users: [[NodeID]]
  ) -> Bool {
    let node = graph[reader]
    switch node.operation {
    case is MergePatches:
      return !graph.outputs.contains(reader)
        && users[reader.index].allSatisfy { norm in
          mergingNorms.insert(norm)
          return graph[norm].operation is LayerNorm
            && insert(reader: norm, of: reader, graph, groups, users)
        }
    case is LayerNorm:
      return node.operands.filter { $0 == id }.count == 1 && node.operands[0] == id
        && node.operands.dropFirst().allSatisfy { graph[$0].operation is Constant }
        && insert(norm: reader, graph, groups, users)
    default: return false
    }
  }

  /// Adds a normalisation and its readers; `false` if something other than a linear layer reads
  /// it.
  private mutating func insert(
    norm: NodeID, _ graph: Graph, _ groups: RowGroups, _ users: [[NodeID]]
  ) -> Bool {
    let root = groups.root(of: norm)
    for id in groups.members(of: root) {
      guard id == norm || graph[id].operation.selectsRows, !graph.outputs.contains(id) else {
        return false
      }
      for user in users[id.index] where groups.root(of: user) != root {
        guard graph[user].operands[0] == id, graph.linearConstants(user) != nil,
          !graph[user].operands.dropFirst().contains(id)
        else { return false }
        readers[user] = norm
      }
    }
    norms.insert(norm)
    return true
  }
}

/// The nodes of a graph in groups that operations on rows connect.
struct RowGroups {
  private let roots: [Int]
  private let membersByRoot: [Int: [NodeID]]

  init(_ graph: Graph) {
    var parents = Array(graph.nodes.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index { index = parents[index] }
      return index
    }
    for id in graph.ids where graph[id].operation.actsOnRowsOnly {
      for operand in graph[id].operands { parents[root(operand.index)] = root(id.index) }
    }
    roots = parents.indices.map(root)
    membersByRoot = Dictionary(grouping: graph.ids.map { $0 }) { [roots] in roots[$0.index] }
  }

  func root(of id: NodeID) -> NodeID { NodeID(index: roots[id.index]) }
  func members(of root: NodeID) -> [NodeID] { membersByRoot[root.index] ?? [] }
}

extension Operation {
  /// Whether every row of the result is a sum of rows of operands, so that a change of basis of
  /// the rows passes through.
  fileprivate var actsOnRowsOnly: Bool {
    self is Add || self is Concatenate || self is WindowReverse || selectsRows
  }

  /// Whether the result is made of rows of the operand alone.
  ///
  /// Windows with padding add rows of zeros, which are none of the operand's.
  fileprivate var selectsRows: Bool {
    if let partition = self as? WindowPartition { return !partition.grid.hasPadding }
    return self is SelectRows || self is MeanRows
  }
}

extension Graph {
  /// The weight and bias of a linear layer that has both constant.
  func linearConstants(_ id: NodeID) -> (weight: Tensor, bias: Tensor)? {
    guard self[id].operation is Linear,
      let weight = self[self[id].operands[1]].operation as? Constant,
      let bias = self[self[id].operands[2]].operation as? Constant
    else { return nil }
    return (weight.value, bias.value)
  }
}
