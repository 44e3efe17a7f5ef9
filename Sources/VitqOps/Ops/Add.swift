package import VitqGraph
package import VitqTensor

/// A sum, of a residual branch or of an embedding.
///
///     z = x + y
///
/// Operands: x [..., C], y of the same shape, or one row [C] or [1, C] for every row of x.
/// Result: the shape of x.
package struct Add: CatalogOperation {
  package static let mnemonic = "add"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 2)
    try operands.expectRows(0)
    let x = operands[0]
    try operands.expect(1, "shape \(x), or one row of \(x.width)") {
      $0 == x || isRow($0, of: x)
    }
    return x
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { nil }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let (x, y) = (site.operands[0], site.operands[1])
    if isRow(y.shape, of: x.shape) {
      VectorKernels.current.add(x, row: y, into: site.result)
    } else {
      VectorKernels.current.add(x, y, into: site.result)
    }
  }

  /// ∂x = ∂z,  ∂y = ∂z, or Σ ∂z over rows if y is one row.
  package func pullback(_ site: PullbackSite) {
    if let dx = site.gradients[0] {
      VectorKernels.current.give(site.cotangent, to: dx.view, accumulates: dx.accumulates)
    }
    guard let dy = site.gradients[1] else { return }
    if isRow(dy.view.shape, of: site.cotangent.shape) {
      VectorKernels.current.sumColumns(
        of: site.cotangent, into: dy.view, accumulates: dy.accumulates)
    } else {
      VectorKernels.current.give(site.cotangent, to: dy.view, accumulates: dy.accumulates)
    }
  }

  private func isRow(_ y: Shape, of x: Shape) -> Bool {
    y != x && (y == [x.width] || y == [1, x.width])
  }
}
