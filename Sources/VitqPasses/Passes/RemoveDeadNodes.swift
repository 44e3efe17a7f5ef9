package import VitqGraph

/// Removes the nodes that no output depends on; inputs stay.
///
///     %1 = gelu(%0)
///     %2 = gelu(%0)          →     %1 = gelu(%0)
///     return %1                    return %1
///
/// Results are bit-identical: nothing that is computed for an output changes. Landmarks on
/// removed nodes are removed.
package struct RemoveDeadNodes: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? { nil }
}
