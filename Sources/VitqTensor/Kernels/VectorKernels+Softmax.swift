import CVitqKernels

/// Softmax over rows, in both forms, and the derivatives.
extension VectorKernels {
  /// p = 2^t / Σ 2^t, t = (x − max x) factor; factor = log2(e) for the natural softmax.
  package func softmax(_ x: TensorView, factor: Float, into p: MutableTensorView) {
    expectCount(p, x)
    unsafe table.softmax(x.shape.rowCount, x.shape.width, factor, x.pointer, p.pointer)
  }

  /// e = t − log2(Σ 2^t), t = (x − max x) factor.
  package func logSoftmax(_ x: TensorView, factor: Float, into e: MutableTensorView) {
    expectCount(e, x)
    unsafe table.log_softmax(x.shape.rowCount, x.shape.width, factor, x.pointer, e.pointer)
  }

  /// dx = p (dp − Σ p dp).
  package func softmaxBackward(
    probabilities p: TensorView, cotangent dp: TensorView, into dx: MutableTensorView,
    accumulates: Bool
  ) {
    expectCount(dx, p, dp)
    unsafe table.softmax_backward(
      p.shape.rowCount, p.shape.width, p.pointer, dp.pointer, dx.pointer, accumulates.flag)
  }

  /// dx = log2(e) (de − 2^e Σ de).
  package func logSoftmaxBackward(
    logarithms e: TensorView, cotangent de: TensorView, into dx: MutableTensorView,
    accumulates: Bool
  ) {
    expectCount(dx, e, de)
    unsafe table.log_softmax_backward(
      e.shape.rowCount, e.shape.width, e.pointer, de.pointer, dx.pointer, accumulates.flag)
  }

  /// y = scale (x − zero) + (bias + mask), the outer sum and product fused.
  package func attentionBias(
    _ x: TensorView, scale: Float = 1, zeroPoint: Float = 0, bias: TensorView, mask: TensorView?,
    into y: MutableTensorView
  ) {
    expectCount(y, x, bias)
    if let mask { expectCount(y, mask) }
    unsafe table.attention_bias(
      x.shape.elementCount, scale, zeroPoint, x.pointer, bias.pointer, mask?.pointer, y.pointer)
  }
}
