package import VitqGraph
package import VitqTensor

/// Puts the heads of attention side by side, window by window.
///
///     y[w · N + n, h · d + i] = x[w · H + h, n, i]
///
/// Operands: x [windows · H, N, d]. Result: [windows · N, H · d].
package struct MergeHeads: CatalogOperation {
  package static let mnemonic = "merge_heads"

  /// As in ``SplitHeads/windows``.
  package var windows: Int

  package init(windows: Int = 1) { self.windows = windows }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 3)
    try operands.expect(0, "\(windows) windows of as many heads each") {
      (1...$0[0]).contains(windows) && $0[0] % windows == 0
    }
    let x = operands[0]
    return [windows * x[1], x[0] / windows * x[2]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    let layout = HeadLayout(x.shape, windows: windows)
    for window in 0..<windows {
      VectorKernels.current.move(
        layout.counts, of: x, at: layout.matrices(window), to: site.result,
        at: layout.columns(window))
    }
  }

  /// ∂x is ∂y in the places its elements came from.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let layout = HeadLayout(dx.view.shape, windows: windows)
    for window in 0..<windows {
      VectorKernels.current.move(
        layout.counts, of: site.cotangent, at: layout.columns(window), to: dx.view,
        at: layout.matrices(window), accumulates: dx.accumulates)
    }
  }
}
