package import VitqGraph
import VitqOps
import VitqTensor

/// Folds the bias of the values into the bias of the projection after attention.
///
///     %h = linear(%x, V, c)                         %h = linear(%x, V, 0)
///     %v = split_heads(part 0 of 1)(%h)             …
///     %a = matmul(softmax(…), %v)            →
///     %m = merge_heads(%a)
///     %y = linear(%m, W, b)                         %y = linear(%m, W, b + W c)
///
/// Needs V, c, W and b constant, c not zero, and each of %h, %v, %a and %m used only by the
/// next. Sound because a row of softmax sums to 1, so that c passes through the weighted mean
/// unchanged. That holds with windows too: the values of padding are c, since padding is added
/// before the linear layer. Of padding behind it the values are 0, and the pass does not fire.
/// The attention output itself is then c less. Changes results only by FP32 rounding.
package struct FoldValueBias: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    guard let (weight, bias) = rewriting.linearConstants(id) else { return nil }
    let linear = rewriting.source[id]
    let folded: (name: String, bias: Tensor)
    if projection(readingValuesOf: id, in: rewriting) != nil {
      folded = ("zero_bias", Tensor(zeros: bias.shape))
    } else if let values = valueProjection(feeding: id, in: rewriting),
      let valueBias = rewriting.linearConstants(values)?.bias
    {
      folded = ("folded_bias", bias.adding(weight, times: valueBias))
    } else {
      return nil
    }
    let constant = try rewriting.add("\(linear.name).\(folded.name)", Constant(folded.bias))
    return try rewriting.add(
      linear.name, Linear(),
      [rewriting[linear.operands[0]], rewriting[linear.operands[1]], constant])
  }

  /// The projection at the end of the chain, if `values` begins one.
  private func projection(readingValuesOf values: NodeID, in rewriting: Rewriting) -> NodeID? {
    let source = rewriting.source
    guard let (_, bias) = rewriting.linearConstants(values),
      bias.elements.contains(where: { $0 != 0 }),
      let split = rewriting.onlyUser(of: values),
      (source[split].operation as? SplitHeads)?.parts == 1,
      let product = rewriting.onlyUser(of: split),
      let matmul = source[product].operation as? MatMul, !matmul.transposesRight,
      matmul.scale == 1, source[product].operands[1] == split,
      source[source[product].operands[0]].operation is Softmax,
      let merge = rewriting.onlyUser(of: product), source[merge].operation is MergeHeads,
      let projection = rewriting.onlyUser(of: merge),
      source[projection].operands[0] == merge, rewriting.linearConstants(projection) != nil
    else { return nil }
    return projection
  }

  /// The linear layer of the values whose chain ends in `projection`.
  private func valueProjection(feeding projection: NodeID, in rewriting: Rewriting) -> NodeID? {
    let source = rewriting.source
    let merge = source[source[projection].operands[0]]
    guard merge.operation is MergeHeads else { return nil }
    let product = source[merge.operands[0]]
    guard product.operation is MatMul else { return nil }
    let split = source[product.operands[1]]
    guard split.operation is SplitHeads else { return nil }
    let values = split.operands[0]
    return self.projection(readingValuesOf: values, in: rewriting) == projection ? values : nil
  }
}
