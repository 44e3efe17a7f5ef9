package import VitqGraph
package import VitqTensor

/// Puts the tokens of windows back into their grid, and drops padding.
///
///     y[grid token of (window, token), :] = x[window · T + token, :]
///
/// Operands: x [windows · T, C], T tokens a window. Result: [H · W, C]. The inverse of
/// ``WindowPartition``.
package struct WindowReverse: CatalogOperation {
  package static let mnemonic = "window_reverse"

  package var grid: WindowGrid

  package init(_ grid: WindowGrid) { self.grid = grid }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "the windows of \(grid.height) × \(grid.width) tokens") {
      grid.isValid && $0[0] == grid.windowCount * grid.windowTokenCount
    }
    return [grid.tokenCount, operands[0][1]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    VectorKernels.current.gatherRows(
      of: site.operands[0], from: grid.windowTokens, into: site.result,
      width: site.result.shape.width)
  }

  /// ∂x[r, :] = ∂y of the grid token of row r, 0 for padding.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    VectorKernels.current.gatherRows(
      of: site.cotangent, from: grid.gridTokens, into: dx.view, width: dx.view.shape.width,
      accumulates: dx.accumulates)
  }
}
