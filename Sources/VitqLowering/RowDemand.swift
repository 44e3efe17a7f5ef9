import VitqGraph
import VitqOps
import VitqTensor

/// The rows (tokens) of each value that the outputs of a graph depend on.
///
/// Only attention mixes rows, so a classifier that reads the class token needs one row of the
/// last block and all rows of its keys and values.
struct RowDemand {
  /// `nil` for a value that no output depends on; indexed like the nodes.
  private(set) var rows: [Range<Int>?]

  init(_ graph: Graph, all: Bool) {
    rows = Array(repeating: nil, count: graph.nodes.count)
    for output in graph.outputs { rows[output.index] = 0..<graph[output].rows }
    for id in graph.ids.reversed() {
      guard let wanted = rows[id.index] else { continue }
      let node = graph[id]
      for (index, operand) in node.operands.enumerated() {
        let whole = 0..<graph[operand].rows
        let range = all ? whole : Self.rows(of: index, for: wanted, in: node, graph)
        guard !range.isEmpty else { continue }
        let clamped = range.clamped(to: whole)
        let known = rows[operand.index] ?? clamped
        rows[operand.index] =
          min(known.lowerBound, clamped.lowerBound)..<max(known.upperBound, clamped.upperBound)
      }
    }
  }

  subscript(id: NodeID) -> Range<Int>? { rows[id.index] }

  /// The rows of operand `index` that rows `wanted` of `node` depend on.
  private static func rows(
    of index: Int, for wanted: Range<Int>, in node: Node, _ graph: Graph
  ) -> Range<Int> {
    let whole = 0..<graph[node.operands[index]].rows
    switch node.operation {
    // Rows of several windows are rows of a window in the heads.
    case let split as SplitHeads where split.windows > 1: return whole
    case let merge as MergeHeads where merge.windows > 1: return whole
    case let select as SelectRows:
      return wanted.lowerBound + select.first..<wanted.upperBound + select.first
    case is Concatenate:
      let first = node.operands[..<index].reduce(0) { $0 + graph[$1].rows }
      let lower = max(wanted.lowerBound - first, 0)
      return lower..<max(wanted.upperBound - first, lower)
    case is Add: return whole.count == node.rows ? wanted : whole
    case is Linear, is LayerNorm, is GELU, is Multiply, is MatMul, is FakeQuantize,
      is FakeQuantizeLog, is FakeQuantizeCodebook, is FakeQuantizeRows,
      is FakeQuantizeAttentionTable, is Softmax, is LogSoftmax, is SplitHeads, is MergeHeads:
      return index == 0 ? wanted : whole
    default: return whole
    }
  }
}

extension Node {
  /// The number of tokens of a value: rows of a matrix, or of each head.
  var rows: Int { shape.rank >= 2 ? shape[shape.rank - 2] : 1 }
}
