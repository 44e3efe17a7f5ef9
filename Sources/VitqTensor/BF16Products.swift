import CVitqKernels

/// Products of matrices whose elements are rounded to BF16 first, to the nearest, ties to even; sums
/// are FP32.
///
/// With the memory that they work in, which grows to what the largest product needs; an instance
/// belongs to one thread. Where the CPU cannot multiply BF16 numbers, rounded copies are multiplied
/// as FP32: the same products, summed in another order, and not faster than of what was given.
@safe
package final class BF16Products {
  /// Whether the CPU multiplies BF16 numbers (AVX512-BF16).
  package static let isNative = vitq_bf16_supported() != 0

  private let usesProcessor: Bool
  private let panels: BF16Panels?
  private var memory = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// - Parameters:
  ///   - panels: Right operands that are packed once; if `nil`, all are packed for each product.
  ///   - usesProcessor: Whether the CPU multiplies BF16 numbers, not rounded copies.
  package init(panels: BF16Panels? = nil, usesProcessor: Bool = isNative) {
    precondition(Self.isNative || !usesProcessor, "the CPU has no AVX512-BF16")
    self.panels = panels
    self.usesProcessor = usesProcessor
  }

  deinit { unsafe memory.deallocate() }

  func multiply(
    _ a: Matrix, _ b: Matrix, scale: Float, into c: MutableMatrix, accumulates: Bool
  ) {
    if usesProcessor {
      let scratch = unsafe scratch(byteCount: vitq_bf16_scratch_bytes(a.rows, a.columns))
      if let panels = unsafe panels?.panels(of: b) {
        unsafe vitq_bf16_multiply_panels(
          c.rows, c.columns, a.columns, a.operand, panels, scale, c.pointer, c.stride,
          accumulates ? 1 : 0, scratch)
      } else {
        unsafe vitq_bf16_multiply(
          c.rows, c.columns, a.columns, a.operand, b.operand, scale, c.pointer, c.stride,
          accumulates ? 1 : 0, scratch)
      }
    } else {
      let count = a.elementCount + b.elementCount
      let copies = unsafe scratch(byteCount: count * MemoryLayout<Float>.stride)
        .bindMemory(to: Float.self, capacity: count)
      MatrixMultiply.multiply(
        unsafe a.rounded(into: copies), unsafe b.rounded(into: copies + a.elementCount),
        scale: scale, into: c, accumulates: accumulates)
    }
  }

  /// Memory on a cache line.
  private func scratch(byteCount: Int) -> UnsafeMutableRawPointer {
    if unsafe memory.count < byteCount {
      unsafe memory.deallocate()
      unsafe memory = .allocate(byteCount: byteCount, alignment: 64)
    }
    guard let base = unsafe memory.baseAddress else { preconditionFailure("an empty product") }
    return unsafe base
  }
}

extension Matrix {
  /// The number of elements in memory, those between rows too.
  fileprivate var elementCount: Int { (isTransposed ? columns : rows) * stride }

  /// The same matrix in other memory, rounded to BF16.
  fileprivate func rounded(into target: UnsafeMutablePointer<Float>) -> Matrix {
    for i in 0..<elementCount { unsafe target[i] = pointer[i].roundedToBFloat16 }
    return unsafe Matrix(
      rows: rows, columns: columns, stride: stride, isTransposed: isTransposed, pointer: target)
  }
}
