package import VitqGraph
import VitqOps
import VitqTensor

/// Splits a fused query-key-value projection into three linear layers.
///
///     %h = linear(%x, W, b)                     %q = linear(%x, W[0 ..< C], b[0 ..< C])
///     %a = split_heads(part 0 of 3)(%h)         %a = split_heads(part 0 of 1)(%q)
///     %b = split_heads(part 1 of 3)(%h)    →    %b = …  rows C ..< 2 C
///     %c = split_heads(part 2 of 3)(%h)         %c = …  rows 2 C ..< 3 C
///
/// Needs W and b constant and %h read by exactly one `split_heads` of each part. Sound because
/// an output of a linear layer depends on its own row of W only. Changes results only by FP32
/// rounding, where a matrix product of another shape adds in another order.
package struct SplitQKV: RewritePass {
  private static let roles = ["query", "key", "value"]

  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let source = rewriting.source
    let node = source[id]
    guard let split = node.operation as? SplitHeads, split.parts == Self.roles.count,
      let (weight, bias) = rewriting.linearConstants(node.operands[0]),
      isSplitOnce(node.operands[0], in: rewriting)
    else { return nil }
    let linear = source[node.operands[0]]
    let rows = weight.shape[0] / split.parts
    let name = "\(linear.name).\(Self.roles[split.part])"
    let w = try rewriting.add(
      "\(name).weight", Constant(weight.rows(split.part * rows..<(split.part + 1) * rows)))
    let b = try rewriting.add(
      "\(name).bias", Constant(bias.rows(split.part * rows..<(split.part + 1) * rows)))
    let projection = try rewriting.add(name, Linear(), [rewriting[linear.operands[0]], w, b])
    return try rewriting.add(
      node.name, SplitHeads(part: 0, parts: 1, heads: split.heads, windows: split.windows),
      [projection])
  }

  private func isSplitOnce(_ linear: NodeID, in rewriting: Rewriting) -> Bool {
    guard !rewriting.source.outputs.contains(linear) else { return false }
    let parts = rewriting.users(of: linear).map {
      (rewriting.source[$0].operation as? SplitHeads)?.part
    }
    return parts.count == Self.roles.count && Set(parts) == [0, 1, 2]
  }
}

extension Tensor {
  /// The slices at the given indices of the first axis.
  fileprivate func rows(_ range: Range<Int>) -> Tensor {
    let stride = shape.elementCount / max(shape[0], 1)
    return Tensor(
      Shape([range.count] + shape.dimensions.dropFirst()),
      Array(elements[range.lowerBound * stride..<range.upperBound * stride]))
  }
}
