import CVitqKernels

/// Estimates of a density by normal kernels: e = exp(−((center − x) / bandwidth)² / 2).
extension VectorKernels {
  /// Σ e.
  package func density(of x: TensorView, at center: Float, bandwidth: Float) -> Double {
    unsafe table.density(x.shape.elementCount, center, 1 / bandwidth, x.pointer)
  }

  /// y = slope e (center − x).
  package func densitySlope(
    of x: TensorView, at center: Float, bandwidth: Float, slope: Float,
    into y: MutableTensorView, accumulates: Bool
  ) {
    expectCount(y, x)
    unsafe table.density_slope(
      x.shape.elementCount, center, 1 / bandwidth, slope, x.pointer, y.pointer, accumulates.flag)
  }
}
