package import VitqGraph
import VitqOps
import VitqTensor

/// Computes nodes that read constants only.
///
///     %a = constant    %b = constant                %c = constant
///     %c = add(%a, %b)                       →
///
/// Needs an operation whose operands are all constant, one at least. The value is what the evaluator would
/// compute, so results do not change.
package struct FoldConstants: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let node = rewriting.source[id]
    let operands = node.operands.compactMap { rewriting.constant($0) }
    guard !operands.isEmpty, operands.count == node.operands.count else { return nil }
    let value = node.operation.evaluated(on: operands, shape: node.shape)
    return try rewriting.add(node.name, Constant(value))
  }
}

extension Operation {
  /// The result on real operands.
  fileprivate func evaluated(on operands: [Tensor], shape: Shape) -> Tensor {
    var result = Tensor(zeros: shape)
    // At least one element: a view of nothing has no place in memory.
    var saved = Tensor(zeros: [max(savedCount(operands.map(\.shape)), 1)])
    func withViews(_ views: [TensorView], _ rest: ArraySlice<Tensor>) {
      guard let next = rest.first else {
        result.withMutableView { result in
          saved.withMutableView { saved in
            forward(ForwardSite(operands: views, result: result, saved: saved))
          }
        }
        return
      }
      next.withView { withViews(views + [$0], rest.dropFirst()) }
    }
    withViews([], operands[...])
    return result
  }
}
