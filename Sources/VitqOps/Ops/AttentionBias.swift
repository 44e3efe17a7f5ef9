package import VitqGraph
package import VitqTensor

/// Adds to the attention scores of windows what depends on position only: the relative position
/// bias of each head, and the mask of each window (arXiv:2103.14030, equation 4 and section 3.2).
///
///     y[w · H + h, n, m] = s[w · H + h, n, m] + (b[h, n, m] + μ[w, n, m])
///
/// Operands: scores s [windows · H, N, M], bias b [H, N, M], optionally mask μ [windows, N, M].
/// Result: the shape of s.
///
/// Of integer scores S with scale a and zero point z, y = fma(S − z, a, b + μ): the sum of bias
/// and mask is rounded, then the fused multiply-add.
package struct AttentionBias: CatalogOperation {
  package static let mnemonic = "attention_bias"

  package var windows: Int

  package init(windows: Int) { self.windows = windows }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: operands.count == 3 ? 3 : 2)
    try operands.expect(0, rank: 3)
    let scores = operands[0]
    try operands.expect(0, "\(windows) windows of as many heads each") {
      (1...$0[0]).contains(windows) && $0[0] % windows == 0
    }
    try operands.expect(1, [scores[0] / windows, scores[1], scores[2]])
    if operands.count == 3 { try operands.expect(2, [windows, scores[1], scores[2]]) }
    return scores
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    let areOffsetsReal = operands.dropFirst().allSatisfy { $0 == .real }
    return operands[0].movable != nil && areOffsetsReal ? .real : nil
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let (scores, bias) = (site.operands[0], site.operands[1])
    let coding = scores.encoding.single ?? (scale: 1, zeroPoint: 0)
    forEachHead(scores.shape) { index, window, head in
      VectorKernels.current.attentionBias(
        scores.part(index), scale: coding.scale, zeroPoint: coding.zeroPoint,
        bias: bias.part(head),
        mask: site.operands.count == 3 ? site.operands[2].part(window) : nil,
        into: site.result.part(index))
    }
  }

  /// ∂s = ∂y,  ∂b = Σ ∂y over windows,  ∂μ = Σ ∂y over heads.
  package func pullback(_ site: PullbackSite) {
    let dy = site.cotangent
    if let ds = site.gradients[0] {
      VectorKernels.current.give(dy, to: ds.view, accumulates: ds.accumulates)
    }
    if let db = site.gradients[1] {
      forEachHead(dy.shape) { index, window, head in
        VectorKernels.current.give(
          dy.part(index), to: db.view.part(head), accumulates: db.accumulates || window > 0)
      }
    }
    if site.gradients.count == 3, let dMask = site.gradients[2] {
      forEachHead(dy.shape) { index, window, head in
        VectorKernels.current.give(
          dy.part(index), to: dMask.view.part(window), accumulates: dMask.accumulates || head > 0)
      }
    }
  }

  private func forEachHead(
    _ scores: Shape, _ body: (_ index: Int, _ window: Int, _ head: Int) -> Void
  ) {
    let heads = scores[0] / windows
    for index in 0..<scores[0] { body(index, index / heads, index % heads) }
  }
}
