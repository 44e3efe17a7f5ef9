package import VitqGraph

/// A rewrite of a whole graph that keeps what it computes.
package protocol GraphPass: Sendable {
  /// The rewritten graph and how many nodes were replaced.
  func rewrite(_ graph: Graph) throws(GraphError) -> (graph: Graph, count: Int)
}

/// A local rewrite: looks at one node of a graph and may propose another way to compute it.
///
/// A pass walks the source in order and builds a new graph, so a rewrite can neither break the
/// topological order nor leave a dangling use. What becomes unused is dropped.
package protocol RewritePass: GraphPass {
  /// The value that replaces `id` in the new graph, or `nil` to keep the node as it is.
  func replacement(for id: NodeID, in rewriting: inout Rewriting) throws(GraphError) -> NodeID?
}

extension GraphPass {
  /// The name in logs: `FoldLayerScale` is `fold-layer-scale`, `SplitQKV` is `split-qkv`.
  package var name: String { PassName.of(Self.self) }

  /// The rewritten graph.
  package func run(on graph: Graph) throws(GraphError) -> Graph { try rewrite(graph).graph }
}

extension RewritePass {
  /// The rewritten graph and how many nodes were replaced.
  package func rewrite(_ graph: Graph) throws(GraphError) -> (graph: Graph, count: Int) {
    var rewriting = Rewriting(of: graph)
    var count = 0
    for id in graph.ids {
      let replacement = try replacement(for: id, in: &rewriting)
      if replacement != nil { count += 1 }
      try rewriting.finish(id, as: replacement)
    }
    return (try rewriting.result(), count)
  }
}
