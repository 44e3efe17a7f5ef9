import CVitqKernels

/// Where runs of contiguous elements lie: run (i, j) starts at offset + i · outer + j · inner.
package struct BlockStrides: Equatable, Sendable {
  package var offset: Int
  package var outer: Int
  package var inner: Int

  package init(offset: Int = 0, outer: Int, inner: Int) {
    self.offset = offset
    self.outer = outer
    self.inner = inner
  }

  /// One past the last element of `outer` × `inner` runs of `width`.
  func end(_ outerCount: Int, _ innerCount: Int, _ width: Int) -> Int {
    offset + (outerCount - 1) * outer + (innerCount - 1) * inner + width
  }
}

/// How many runs of contiguous elements move: `outer` × `inner` of `width` elements each.
package struct BlockCounts: Equatable, Sendable {
  package var outer: Int
  package var inner: Int
  package var width: Int

  package init(outer: Int, inner: Int, width: Int) {
    self.outer = outer
    self.inner = inner
    self.width = width
  }
}

extension VectorKernels {
  /// Copies, or adds, runs of elements from one layout to another.
  package func move(
    _ counts: BlockCounts, of x: TensorView, at source: BlockStrides,
    to y: MutableTensorView, at target: BlockStrides, accumulates: Bool = false
  ) {
    guard counts.outer > 0, counts.inner > 0, counts.width > 0 else { return }
    let (outer, inner, width) = (counts.outer, counts.inner, counts.width)
    precondition(
      source.end(outer, inner, width) <= x.shape.elementCount
        && target.end(outer, inner, width) <= y.shape.elementCount,
      "\(counts) from \(source) of \(x.shape) to \(target) of \(y.shape)")
    unsafe table.move_blocks(
      outer, inner, width, x.pointer + source.offset, source.outer, source.inner,
      y.pointer + target.offset, target.outer, target.inner, accumulates.flag)
  }

  /// y[r] = x[sources[r]], or `fill` throughout where `sources[r]` is negative: one source for
  /// each row of y, all rows of one width.
  package func gatherRows(
    of x: TensorView, from sources: [Int32], fill: Float = 0, into y: MutableTensorView,
    width: Int, accumulates: Bool = false
  ) {
    let rowCount = x.shape.elementCount / width
    precondition(
      y.shape.elementCount == sources.count * width && sources.allSatisfy { $0 < rowCount },
      "\(sources.count) rows of \(width) out of \(x.shape) into \(y.shape)")
    unsafe table.gather_rows(
      sources.count, width, sources, fill, x.pointer, y.pointer, accumulates.flag)
  }
}
