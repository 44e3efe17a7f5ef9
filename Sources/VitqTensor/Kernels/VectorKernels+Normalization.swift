import CVitqKernels

/// Layer normalisation of rows and its derivatives.
extension VectorKernels {
  /// y = (x − μ) r γ + β; statistics [2 · rows] receives μ and r of each row.
  package func layerNorm(
    _ x: TensorView, gamma: TensorView, beta: TensorView, epsilon: Float,
    into y: MutableTensorView, statistics: MutableTensorView
  ) {
    expectCount(y, x)
    expectRow(gamma, of: x.shape)
    expectRow(beta, of: x.shape)
    expectStatistics(statistics.view, of: x.shape)
    unsafe table.layer_norm(
      x.shape.rowCount, x.shape.width, epsilon, x.pointer, gamma.pointer, beta.pointer,
      y.pointer, statistics.pointer)
  }

  /// With g = γ dy and x̂ = (x − μ) r: dx = r (g − mean(g) − x̂ mean(g x̂)).
  package func layerNormBackward(
    _ x: TensorView, gamma: TensorView, statistics: TensorView, cotangent dy: TensorView,
    into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    expectRow(gamma, of: x.shape)
    expectStatistics(statistics, of: x.shape)
    unsafe table.layer_norm_backward(
      x.shape.rowCount, x.shape.width, x.pointer, gamma.pointer, statistics.pointer, dy.pointer,
      dx.pointer, accumulates.flag)
  }

  /// dγ = Σ dy x̂ over rows.
  package func layerNormBackwardGamma(
    _ x: TensorView, statistics: TensorView, cotangent dy: TensorView,
    into dgamma: MutableTensorView, accumulates: Bool
  ) {
    expectRow(dgamma.view, of: x.shape)
    expectStatistics(statistics, of: x.shape)
    precondition(dy.shape.elementCount == x.shape.elementCount, "\(dy.shape) for \(x.shape)")
    unsafe table.layer_norm_backward_gamma(
      x.shape.rowCount, x.shape.width, x.pointer, statistics.pointer, dy.pointer,
      dgamma.pointer, accumulates.flag)
  }

  private func expectStatistics(_ statistics: TensorView, of shape: Shape) {
    precondition(
      statistics.shape.elementCount == 2 * shape.rowCount,
      "statistics \(statistics.shape) of \(shape)")
  }
}
