package import VitqGraph
import VitqOps
import VitqTensor

/// Folds the normalisation of the image into the patch embedding.
///
///     %x = input()                              %x = input()
///     %p = image_patches(%x)             →      %p = image_patches(%x)
///     %y = linear(%p, W, b)                     %y = linear(%p, W′, b′)
///
///     W′[o, k] = W[o, k] / σ[c(k)]    b′[o] = b[o] − Σₖ W[o, k] μ[c(k)] / σ[c(k)]
///
/// with c(k) the channel of patch element k. Before, %x is (pixel − μ) / σ; after, %x is the
/// pixel in 0 … 1, so this pass changes what the input means; sound with pixels in place of the
/// normalised image. Needs W and b constant and %x and %p used once. Changes results only by
/// FP32 rounding.
package struct FoldNormalization: RewritePass {
  /// μ, one for each channel.
  package let mean: [Float]
  /// σ, one for each channel.
  package let standardDeviation: [Float]

  package init(mean: [Float], standardDeviation: [Float]) {
    precondition(
      mean.count == standardDeviation.count, "\(mean.count) means, \(standardDeviation.count) σ")
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  package func replacement(
    for id: NodeID, in rewriting: inout Rewriting
  ) throws(GraphError) -> NodeID? {
    guard let (weight, bias) = rewriting.linearConstants(id) else { return nil }
    let linear = rewriting.source[id]
    let patches = rewriting.source[linear.operands[0]]
    guard let side = (patches.operation as? ImagePatches)?.side,
      rewriting.hasOneUse(linear.operands[0]), rewriting.hasOneUse(patches.operands[0]),
      rewriting.source[patches.operands[0]].operation is Input,
      weight.shape.width == mean.count * side * side
    else { return nil }

    let width = weight.shape.width
    var scaled = weight.elements
    var shifted = bias.elements
    for row in shifted.indices {
      var sum = Double(shifted[row])
      for k in 0..<width {
        let channel = k / (side * side)
        let quotient = Double(scaled[row * width + k]) / Double(standardDeviation[channel])
        sum -= quotient * Double(mean[channel])
        scaled[row * width + k] = Float(quotient)
      }
      shifted[row] = Float(sum)
    }
    let w = try rewriting.add("\(linear.name).pixel_weight", Constant(Tensor(weight.shape, scaled)))
    let b = try rewriting.add("\(linear.name).pixel_bias", Constant(Tensor(bias.shape, shifted)))
    return try rewriting.add(linear.name, Linear(), [rewriting[linear.operands[0]], w, b])
  }
}
