package import VitqGraph
import VitqOps

/// Moves a per-channel scale from a sum of two linear layers to the layers.
///
///     %u = linear(…)    %v = linear(…)              %p = multiply(%u, s)
///     %h = add(%u, %v)                       →      %q = multiply(%v, s)
///     %y = multiply(%h, s)                          %y = add(%p, %q)
///
/// Needs %u, %v and %h used once and s constant. Sound because multiplication distributes over
/// addition; bit-identical for powers of two, such as the average of the two heads of a
/// distilled DeiT, and otherwise changes results only by FP32 rounding. Run it before
/// ``FoldLayerScale``.
package struct DistributeScale: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let source = rewriting.source
    let multiply = source[id]
    guard multiply.operation is Multiply, rewriting.constant(multiply.operands[1]) != nil,
      rewriting.hasOneUse(multiply.operands[0])
    else { return nil }
    let sum = source[multiply.operands[0]]
    guard sum.operation is Add, sum.operands[0] != sum.operands[1],
      sum.operands.allSatisfy({ source[$0].operation is Linear && rewriting.hasOneUse($0) })
    else { return nil }

    let scale = rewriting[multiply.operands[1]]
    let first = try rewriting.add(
      "\(multiply.name).0", Multiply(), [rewriting[sum.operands[0]], scale])
    let second = try rewriting.add(
      "\(multiply.name).1", Multiply(), [rewriting[sum.operands[1]], scale])
    return try rewriting.add(multiply.name, Add(), [first, second])
  }
}
