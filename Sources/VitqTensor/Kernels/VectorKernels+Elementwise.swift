import CVitqKernels

/// Arithmetic on elements; all views have as many.
extension VectorKernels {
  /// y = a + b.
  package func add(_ a: TensorView, _ b: TensorView, into y: MutableTensorView) {
    expectCount(y, a, b)
    unsafe table.add(y.shape.elementCount, a.pointer, b.pointer, y.pointer)
  }

  /// y = a b.
  package func multiply(
    _ a: TensorView, _ b: TensorView, into y: MutableTensorView, accumulates: Bool = false
  ) {
    expectCount(y, a, b)
    unsafe table.multiply(
      y.shape.elementCount, a.pointer, b.pointer, y.pointer, accumulates.flag)
  }

  /// y = factor x.
  package func scale(
    _ x: TensorView, by factor: Float, into y: MutableTensorView, accumulates: Bool = false
  ) {
    expectCount(y, x)
    unsafe table.scale(y.shape.elementCount, factor, x.pointer, y.pointer, accumulates.flag)
  }

  /// y = x: a copy, or a sum.
  package func give(_ x: TensorView, to y: MutableTensorView, accumulates: Bool) {
    scale(x, by: 1, into: y, accumulates: accumulates)
  }

  func expectCount(_ y: MutableTensorView, _ operands: TensorView...) {
    for operand in operands {
      precondition(
        operand.shape.elementCount == y.shape.elementCount, "\(operand.shape) for \(y.shape)")
    }
  }
}
