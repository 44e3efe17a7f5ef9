package import VitqGraph
package import VitqTensor

/// Cuts a grid of tokens into windows (arXiv:2103.14030, section 3.2).
///
///     y[window · T + token, :] = x[grid token of (window, token), :], 0 for padding
///
/// Operands: x [H · W, C]. Result: [windows · T, C], T tokens a window. Integers keep their
/// encoding; padding is then the zero point.
package struct WindowPartition: CatalogOperation {
  package static let mnemonic = "window_partition"

  package var grid: WindowGrid

  package init(_ grid: WindowGrid) { self.grid = grid }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "\(grid.height) × \(grid.width) tokens, shift and window within reach") {
      grid.isValid && $0[0] == grid.tokenCount
    }
    return [grid.windowCount * grid.windowTokenCount, operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    VectorKernels.current.gatherRows(
      of: x, from: grid.gridTokens, fill: x.encoding.single?.zeroPoint ?? 0, into: site.result,
      width: x.shape.width)
  }

  /// ∂x[n, :] = ∂y of the place that token n has in the windows.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.gatherRows(
      of: site.cotangent, from: grid.windowTokens, into: dx.view, width: dx.view.shape.width,
      accumulates: dx.accumulates)
  }
}
