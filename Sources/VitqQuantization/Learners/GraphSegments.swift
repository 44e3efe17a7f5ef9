import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// The parts of a model that are learned one after another: the embedding, each block and each layer
/// that merges patches, and the classifier (I&S-ViT's order).
struct GraphSegments {
  /// The last node of each part, in order.
  let ends: [NodeID]

  /// - Throws: ``QuantizationError/noBlocks`` if the graph has no landmarks of blocks, or a block
  ///   reads more than one earlier value.
  init(_ graph: Graph) throws(QuantizationError) {
    let blocks = (0..<graph.nodes.count).lazy
      .map { graph.landmarks[.blockOutput(block: $0)] }.prefix { $0 != nil }.compactMap { $0 }
    guard let first = blocks.first, let output = graph.outputs.first,
      let attention = graph.landmarks[.attention(block: 0)],
      let start = graph.ids.last(where: { id in
        id.index < attention.index && graph.reads(id, everyInputOf: first)
      })
    else { throw .noBlocks }
    let parts = (Array(blocks) + graph.mergingLayers).sorted { $0.index < $1.index }
    ends = [start] + parts + (blocks.last == output ? [] : [output])
    for (before, end) in zip(ends, ends.dropFirst()) {
      guard graph.reads(before, everyInputOf: end) else { throw .noBlocks }
    }
  }

  /// The same parts of a graph whose nodes have the same names.
  init(_ segments: GraphSegments, of graph: Graph, in other: Graph) throws(QuantizationError) {
    let ids = Dictionary(uniqueKeysWithValues: other.ids.map { (other[$0].name, $0) })
    let found = segments.ends.compactMap { ids[graph[$0].name] }
    guard found.count == segments.ends.count else { throw .noBlocks }
    ends = found
  }

  /// A part of `graph` on its own.
  func segment(_ index: Int, of graph: Graph) throws(GraphError) -> GraphSegment {
    try GraphSegment(graph, from: index == 0 ? nil : ends[index - 1], to: ends[index])
  }
}

/// A part of a graph as a graph that reads what the part before gives.
struct GraphSegment: Sendable {
  private(set) var graph = Graph()
  private(set) var input = NodeID(index: 0)
  private(set) var output = NodeID(index: 0)
  /// The nodes of the whole graph that the nodes of this one are.
  private(set) var origins: [NodeID] = []

  /// The part from the value `start`, which becomes the input, to `end`; without a `start` from
  /// the input of the graph.
  init(_ whole: Graph, from start: NodeID?, to end: NodeID) throws(GraphError) {
    let needed = whole.ancestors(of: end, upTo: start)
    var image: [NodeID: NodeID] = [:]
    for id in whole.ids where needed.contains(id) {
      let node = whole[id]
      if id == start {
        image[id] = try graph.add(node.name, Input(node.shape))
      } else {
        image[id] = try graph.add(
          node.name, node.operation, node.operands.compactMap { image[$0] })
      }
      origins.append(id)
      let new = NodeID(index: origins.count - 1)
      if graph[new].operation is Input { input = new }
      if id == end { output = new }
    }
    graph.outputs = [output]
  }

  /// The output for each input.
  func outputs(for inputs: [Tensor], workers: Workers) -> [Tensor] {
    let pool = ConstantPool(graph)
    return workers.map(inputs.count) { [self] in
      Evaluator(graph, constants: pool, keeping: [output])
    } body: { [self] evaluator, image in
      inputs[image].withView { evaluator.input(input).copy(from: $0) }
      evaluator.forward()
      return evaluator.value(output).tensor
    }
  }
}

extension Graph {
  /// The linear layers behind the normalisations of merged patches.
  fileprivate var mergingLayers: [NodeID] {
    ids.filter { id in
      guard self[id].operation is Linear, let norm = self[id].operands.first,
        self[norm].operation is LayerNorm, let merged = self[norm].operands.first
      else { return false }
      return self[merged].operation is MergePatches
    }
  }

  /// The nodes that `end` depends on, itself included; `start` stands for all that it reads.
  fileprivate func ancestors(of end: NodeID, upTo start: NodeID?) -> Set<NodeID> {
    var needed: Set<NodeID> = []
    var pending = [end]
    while let id = pending.popLast() {
      guard needed.insert(id).inserted, id != start else { continue }
      pending += self[id].operands
    }
    return needed
  }

  /// Whether `end` depends on the inputs of the graph through `id` only.
  fileprivate func reads(_ id: NodeID, everyInputOf end: NodeID) -> Bool {
    let needed = ancestors(of: end, upTo: id)
    return needed.contains(id) && !(self[id].operation is Constant)
      && needed.allSatisfy { $0 == id || !(self[$0].operation is Input) }
  }

  /// The same graph, node by node, with other constants.
  func replacingConstants(_ values: [NodeID: Tensor]) throws(GraphError) -> Graph {
    var result = Graph()
    for id in ids {
      let operation = values[id].map { Constant($0) as any Operation } ?? self[id].operation
      try result.add(self[id].name, operation, self[id].operands)
    }
    result.outputs = outputs
    result.landmarks = landmarks
    return result
  }
}
