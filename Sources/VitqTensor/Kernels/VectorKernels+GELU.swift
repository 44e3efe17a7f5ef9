import CVitqKernels

/// GELU in its three forms and the derivatives.
extension VectorKernels {
  package func geluErf(_ x: TensorView, into y: MutableTensorView) {
    expectCount(y, x)
    unsafe table.gelu_erf(x.shape.elementCount, x.pointer, y.pointer)
  }

  package func geluTanh(_ x: TensorView, into y: MutableTensorView) {
    expectCount(y, x)
    unsafe table.gelu_tanh(x.shape.elementCount, x.pointer, y.pointer)
  }

  package func geluPolynomial(_ x: TensorView, into y: MutableTensorView) {
    expectCount(y, x)
    unsafe table.gelu_polynomial(x.shape.elementCount, x.pointer, y.pointer)
  }

  package func geluErfBackward(
    _ x: TensorView, cotangent dy: TensorView, into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    unsafe table.gelu_erf_backward(
      x.shape.elementCount, x.pointer, dy.pointer, dx.pointer, accumulates.flag)
  }

  package func geluTanhBackward(
    _ x: TensorView, cotangent dy: TensorView, into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    unsafe table.gelu_tanh_backward(
      x.shape.elementCount, x.pointer, dy.pointer, dx.pointer, accumulates.flag)
  }

  package func geluPolynomialBackward(
    _ x: TensorView, cotangent dy: TensorView, into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    unsafe table.gelu_polynomial_backward(
      x.shape.elementCount, x.pointer, dy.pointer, dx.pointer, accumulates.flag)
  }
}
