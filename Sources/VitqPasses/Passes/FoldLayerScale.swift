package import VitqGraph
import VitqOps
import VitqTensor

/// Folds a constant per-channel scale into the linear layer that feeds it.
///
///     %h = linear(%x, W, b)                     %y = linear(%x, W′, b′)
///     %y = multiply(%h, s)             →        W′[o, i] = s[o] W[o, i]    b′[o] = s[o] b[o]
///
/// Needs W, b and s constant and %h used only by %y. Run it before quantization: the folded
/// weight is what gets a step. Changes results only by FP32 rounding.
package struct FoldLayerScale: RewritePass {
  package init() {}

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    let multiply = rewriting.source[id]
    guard multiply.operation is Multiply, rewriting.hasOneUse(multiply.operands[0]),
      let (weight, bias) = rewriting.linearConstants(multiply.operands[0]),
      let scale = rewriting.constant(multiply.operands[1])
    else { return nil }
    let linear = rewriting.source[multiply.operands[0]]
    let w = try rewriting.add(
      "\(multiply.name).weight", Constant(weight.scalingRows(by: scale.elements)))
    let b = try rewriting.add(
      "\(multiply.name).bias", Constant(bias.scalingRows(by: scale.elements)))
    return try rewriting.add(multiply.name, Linear(), [rewriting[linear.operands[0]], w, b])
  }
}

extension Tensor {
  /// Multiplies the slice at each index of the first axis by the factor at that index.
  fileprivate func scalingRows(by factors: [Float]) -> Tensor {
    let stride = max(elements.count / max(factors.count, 1), 1)
    return Tensor(shape, elements.enumerated().map { i, x in x * factors[i / stride] })
  }
}
