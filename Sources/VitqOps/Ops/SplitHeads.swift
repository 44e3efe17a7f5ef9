package import VitqGraph
package import VitqTensor

/// Takes queries, keys or values out of their joint projection, one matrix for each head of each
/// window.
///
///     y[w · H + h, n, i] = x[w · N + n, part · C + h · d + i], d = C / H
///
/// Operands: x [windows · N, parts · C]. Result: [windows · H, N, d].
package struct SplitHeads: CatalogOperation {
  package static let mnemonic = "split_heads"

  /// Which of the column groups, from 0.
  package var part: Int
  /// The number of column groups: 3 for queries, keys and values side by side.
  package var parts: Int
  package var heads: Int
  /// The number of windows that attend to themselves only; 1 where all tokens attend to all.
  package var windows: Int

  package init(part: Int, parts: Int, heads: Int, windows: Int = 1) {
    self.part = part
    self.parts = parts
    self.heads = heads
    self.windows = windows
  }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    try operands.expect(0, rank: 2)
    try operands.expect(0, "\(parts) parts, \(part) among them, of \(heads) heads each") {
      (1...$0[1]).contains(parts) && (1...$0[1]).contains(heads) && (0..<parts).contains(part)
        && $0[1] % parts == 0 && $0[1] / parts % heads == 0
    }
    try operands.expect(0, "\(windows) windows of as many rows each") {
      (1...$0[0]).contains(windows) && $0[0] % windows == 0
    }
    let (rows, columns) = (operands[0][0], operands[0][1])
    return [windows * heads, rows / windows, columns / parts / heads]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? { operands[0].movable }
  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads() }

  package func forward(_ site: ForwardSite) {
    let layout = HeadLayout(site.result.shape, windows: windows, part: part, parts: parts)
    for window in 0..<windows {
      VectorKernels.current.move(
        layout.counts, of: site.operands[0], at: layout.columns(window), to: site.result,
        at: layout.matrices(window))
    }
  }

  /// ∂x is ∂y in the part's columns and 0 in the others.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let layout = HeadLayout(site.cotangent.shape, windows: windows, part: part, parts: parts)
    if !dx.accumulates { dx.view.fill(0) }
    for window in 0..<windows {
      VectorKernels.current.move(
        layout.counts, of: site.cotangent, at: layout.matrices(window), to: dx.view,
        at: layout.columns(window), accumulates: true)
    }
  }
}

/// Where the runs of one window lie in a matrix for each head and in the columns of a part.
struct HeadLayout {
  let counts: BlockCounts
  private let part: Int
  private let parts: Int
  private var channels: Int { counts.outer * counts.width }

  /// The layout of matrices of the shape [windows · H, N, d].
  init(_ matrices: Shape, windows: Int, part: Int = 0, parts: Int = 1) {
    counts = BlockCounts(outer: matrices[0] / windows, inner: matrices[1], width: matrices[2])
    (self.part, self.parts) = (part, parts)
  }

  func columns(_ window: Int) -> BlockStrides {
    BlockStrides(
      offset: window * counts.inner * parts * channels + part * channels, outer: counts.width,
      inner: parts * channels)
  }

  func matrices(_ window: Int) -> BlockStrides {
    BlockStrides(
      offset: window * counts.inner * channels, outer: counts.inner * counts.width,
      inner: counts.width)
  }
}
