package import VitqGraph
package import VitqTensor

/// Cuts an image into square patches, one row each (arXiv:2010.11929, section 3.1).
///
///     y[(H/P-row) · W/P + (W/P-column), c·P² + i·P + j] = x[c, row · P + i, column · P + j]
///
/// Operands: x [3, H, W], any number of channels; P divides H and W. Result: [N, 3·P·P], patches
/// row by row. This order of elements is that of a convolution's weight [O, 3, P, P].
package struct ImagePatches: CatalogOperation {
  package static let mnemonic = "image_patches"

  /// P, in pixels.
  package var side: Int

  package init(side: Int) { self.side = side }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 3)
    try operands.expect(0, "height and width that are multiples of \(side)") {
      side > 0 && $0[1] % side == 0 && $0[2] % side == 0
    }
    let x = operands[0]
    return [x[1] / side * (x[2] / side), x[0] * side * side]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let x = site.operands[0]
    forEachStrip(x.shape) { counts, image, patches in
      VectorKernels.current.move(counts, of: x, at: image, to: site.result, at: patches)
    }
  }

  /// ∂x is ∂y in the places its elements came from.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    forEachStrip(dx.view.shape) { counts, image, patches in
      VectorKernels.current.move(
        counts, of: site.cotangent, at: patches, to: dx.view, at: image,
        accumulates: dx.accumulates)
    }
  }

  /// The strips of P lines of one channel: where their runs of P pixels lie in image and patches.
  private func forEachStrip(
    _ image: Shape, _ body: (BlockCounts, _ image: BlockStrides, _ patches: BlockStrides) -> Void
  ) {
    let (channels, height, width) = (image[0], image[1], image[2])
    let (columns, patchCount) = (width / side, channels * side * side)
    let counts = BlockCounts(outer: side, inner: columns, width: side)
    for channel in 0..<channels {
      for row in 0..<(height / side) {
        body(
          counts,
          BlockStrides(
            offset: (channel * height + row * side) * width, outer: width, inner: side),
          BlockStrides(
            offset: row * columns * patchCount + channel * side * side, outer: side,
            inner: patchCount))
      }
    }
  }
}
