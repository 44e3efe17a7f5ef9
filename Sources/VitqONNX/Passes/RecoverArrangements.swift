/// Replaces each chain of operators that move elements by the one arrangement that it amounts to.
///
///     Reshape, Transpose, Split, Squeeze       →    split_heads
///     Slice, Slice, Concat, Pad, Reshape, …    →    window_partition
///
/// Chains are composed into the index of every element, which is compared with what the operations
/// of vitq move where (``ArrangementMatcher``). Needs chains that end in an operator that computes;
/// one that amounts to nothing known is an error.
package struct RecoverArrangements: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var walk = try ArrangementWalk(graph)
    for index in graph.nodes.indices { try walk.visit(index) }
    graph = walk.result()
    return walk.count
  }
}

/// The state of the pass.
private struct ArrangementWalk {
  /// A value that other values are moved elements of.
  private struct Moved {
    let root: String
    /// `nil` as long as the elements are all there, in their order.
    let map: IndexMap?
    /// The operator that moved them last.
    let last: ONNXNode
  }

  /// A moved value as one kind of operator reads it.
  private struct Reading: Hashable {
    let value: String
    let reader: ArrangementMatcher.Reader
  }

  private var rewriting: ONNXRewriting
  private var matcher = ArrangementMatcher()
  private var matches: [Reading: ArrangementMatcher.Match] = [:]
  private var moved: [String: Moved] = [:]
  private var uses: [String: Int] = [:]
  private var before: [Int: [ONNXNode]] = [:]
  private var after: [Int: [ONNXNode]] = [:]
  private var readers: [Int: ONNXNode] = [:]
  private var names: [String: Bool] = [:]
  private(set) var count = 0

  init(_ graph: ONNXGraph) throws(TranslationError) {
    rewriting = try ONNXRewriting(graph)
    for node in graph.nodes { for input in node.inputs { uses[input, default: 0] += 1 } }
  }

  mutating func visit(_ index: Int) throws(TranslationError) {
    let node = rewriting.graph.nodes[index]
    if node.domain.isEmpty, Movement.operators.contains(node.operatorType),
      try follow(node)
    {
      release(node)
      return
    }
    var reader = node
    for place in node.inputs.indices {
      guard let value = moved[node.inputs[place]] else { continue }
      try arrange(value, node.inputs[place], read: place, by: &reader, at: index)
    }
    if reader != node { readers[index] = reader }
    release(node)
  }

  /// Forgets the maps that only `node` still needed.
  private mutating func release(_ node: ONNXNode) {
    for input in node.inputs {
      uses[input, default: 1] -= 1
      if uses[input] == 0, !rewriting.isOutput(input) { moved[input] = nil }
    }
  }

  // MARK: Moves

  /// Follows a move; `false` if it is none of one value, such as a concatenation of two.
  private mutating func follow(_ node: ONNXNode) throws(TranslationError) -> Bool {
    let shapes = node.outputs.map { rewriting.shape(of: $0) ?? [] }
    if node.operatorType == "Concat" {
      let parts = node.inputs.map { moved[$0] ?? Moved(root: $0, map: nil, last: node) }
      guard let first = parts.first, parts.allSatisfy({ $0.root == first.root }),
        rewriting.constant(first.root) == nil
      else { return false }
      let maps = zip(parts, node.inputs).map { $0.map ?? identity($1) }
      let axis = try node.axis(default: 0, rank: shapes[0].count)
      moved[node.outputs[0]] = Moved(
        root: first.root, map: .concatenated(maps, axis: axis), last: node)
      return true
    }
    let input = node.inputs[0]
    guard rewriting.constant(input) == nil else { return false }
    let start = moved[input] ?? Moved(root: input, map: nil, last: node)
    let isReshape = ["Flatten", "Reshape", "Squeeze", "Unsqueeze"].contains(node.operatorType)
    if isReshape, start.map == nil {
      moved[node.outputs[0]] = Moved(root: start.root, map: nil, last: node)
      return true
    }
    let map = start.map ?? identity(input)
    let constants = node.inputs.map { rewriting.constant($0.isEmpty ? nil : $0) }
    let results = try Movement.maps(of: node, map, shapes: shapes) {
      constants.indices.contains($0) ? constants[$0] : nil
    }
    guard let results else {
      throw node.unsupported(expected: "a constant move of elements", found: "another")
    }
    for (name, map) in zip(node.outputs, results) {
      moved[name] = Moved(root: start.root, map: map, last: node)
    }
    return true
  }

  private func identity(_ value: String) -> IndexMap {
    IndexMap(identity: rewriting.shape(of: value) ?? [])
  }

  // MARK: Arrangements

  private mutating func arrange(
    _ value: Moved, _ name: String, read place: Int, by reader: inout ONNXNode, at index: Int
  ) throws(TranslationError) {
    let shape = rewriting.shape(of: name) ?? []
    let producer = rewriting.producer(of: value.root)
    let source = ArrangementMatcher.Source(
      shape: rewriting.shape(of: value.root) ?? [],
      isHeaded: producer?.isOperator(.matMul) ?? false)
    let kind: ArrangementMatcher.Reader =
      reader.isOperator(.matMul)
      ? .product(operand: place) : reader.isOperator(.linear) ? .linear : .other
    guard let match = match(value, name, shape, of: source, for: kind) else {
      throw value.last.unsupported(
        expected: "elements moved as heads, windows, merged patches or selected tokens are",
        found: "\(source.shape) moved to \(shape) for node '\(reader.title)'")
    }
    if match.isTransposed { reader.attributes["transposed"] = .integer(1) }
    let extents = match.isTransposed ? shape.dropLast(2) + shape.suffix(2).reversed() : shape
    let label = extents.map(String.init).joined(separator: "x")
    let result = "\(value.root)/\(match.arrangement.label)/\(label)"
    reader.inputs[place] = result
    guard names.updateValue(true, forKey: result) == nil else { return }
    let node = ONNXNode.arrangement(
      match.arrangement, of: value.root, shape: extents, result: result, like: value.last)
    if match.arrangement != .reshape { count += 1 }
    if case .splitHeads = match.arrangement, let place = rewriting.producerIndex(of: value.root) {
      after[place, default: []].append(node)
    } else {
      before[index, default: []].append(node)
    }
  }

  /// The arrangement that a moved value is, matched once for each kind of reader.
  private mutating func match(
    _ value: Moved, _ name: String, _ shape: [Int], of source: ArrangementMatcher.Source,
    for reader: ArrangementMatcher.Reader
  ) -> ArrangementMatcher.Match? {
    // Only a chain that leads to a layer merges heads: scores keep their shape.
    if source.isHeaded, reader == .other, value.map == nil {
      return ArrangementMatcher.Match(arrangement: .reshape)
    }
    let reading = Reading(value: name, reader: reader)
    if let known = matches[reading] { return known }
    let map = value.map?.reshaped(to: shape) ?? IndexMap(identity: shape)
    let match = matcher.match(map, of: source, for: reader)
    matches[reading] = match
    return match
  }

  /// The graph with arrangements next to what they arrange.
  mutating func result() -> ONNXGraph {
    // An output that is a moved value must be the same elements in the same order.
    for index in Set(before.keys).union(after.keys).union(readers.keys) {
      let node = readers[index] ?? rewriting.graph.nodes[index]
      let parts = (after[index] ?? []).sorted { $0.splitPart < $1.splitPart }
      rewriting.substitute(index, by: (before[index] ?? []) + [node] + parts)
    }
    return rewriting.result()
  }
}

extension ONNXNode {
  fileprivate var splitPart: Int {
    if case .splitHeads(let part, _, _, _) = Arrangement(self) { part } else { 0 }
  }
}
