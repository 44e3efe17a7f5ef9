import CVitqKernels

/// Reductions of whole views to one number.
extension VectorKernels {
  /// Σ x in double precision.
  package func sum(_ x: TensorView) -> Double {
    unsafe table.sum(x.shape.elementCount, x.pointer)
  }

  /// Σ a b in double precision.
  package func dot(_ a: TensorView, _ b: TensorView) -> Double {
    precondition(a.shape.elementCount == b.shape.elementCount, "\(a.shape) · \(b.shape)")
    return unsafe table.dot(a.shape.elementCount, a.pointer, b.pointer)
  }

  /// The largest |x|; 0 for no elements.
  package func magnitude(_ x: TensorView) -> Float {
    unsafe table.magnitude(x.shape.elementCount, x.pointer)
  }

  /// The largest Σ |x[r]| over a row.
  package func rowMagnitude(_ x: TensorView) -> Float {
    unsafe table.row_magnitude(x.shape.rowCount, x.shape.width, x.pointer)
  }
}
