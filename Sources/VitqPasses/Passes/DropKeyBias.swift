package import VitqGraph
import VitqOps
import VitqTensor

/// Drops the bias of the keys, which softmax does not see.
///
///     %h = linear(%x, W, b)                         %h = linear(%x, W, 0)
///     %k = split_heads(part 0 of 1)(%h)      →      …
///     %s = matmul(%q, %kᵀ)
///     %p = softmax(%s)
///
/// Needs W and b constant, b not zero, and each of %h, %k and %s used only by the next; a position
/// bias between %s and %p changes nothing. Sound because q · (k + b) = q · k + q · b, and q · b is
/// the same for all keys of a query, which softmax subtracts. That holds for the keys of padding
/// too, which are b, since padding is added before the linear layer: of padding behind it, the keys
/// are 0, and the pass does not fire. Changes results only by FP32 rounding.
package struct DropKeyBias: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    guard let (_, bias) = rewriting.linearConstants(id),
      bias.elements.contains(where: { $0 != 0 }), isKeyProjection(id, in: rewriting)
    else { return nil }
    let linear = rewriting.source[id]
    let zero = try rewriting.add("\(linear.name).zero_bias", Constant(Tensor(zeros: bias.shape)))
    return try rewriting.add(
      linear.name, Linear(), [rewriting[linear.operands[0]], rewriting[linear.operands[1]], zero])
  }

  private func isKeyProjection(_ linear: NodeID, in rewriting: Rewriting) -> Bool {
    let source = rewriting.source
    guard let keys = rewriting.onlyUser(of: linear),
      (source[keys].operation as? SplitHeads)?.parts == 1,
      let product = rewriting.onlyUser(of: keys),
      let matmul = source[product].operation as? MatMul, matmul.transposesRight,
      source[product].operands[1] == keys,
      var probabilities = rewriting.onlyUser(of: product)
    else { return false }
    if source[probabilities].operation is AttentionBias {
      guard source[probabilities].operands[0] == product,
        let biased = rewriting.onlyUser(of: probabilities)
      else { return false }
      probabilities = biased
    }
    let operation = source[probabilities].operation
    return operation is Softmax || operation is LogSoftmax
  }
}
