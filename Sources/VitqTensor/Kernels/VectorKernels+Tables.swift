import CVitqKernels

/// A quantizer that looks up the value of each of 256 codes.
///
///     c = clamp(roundToNearestEven(fma(x, slope, offset)), 0 … 255)    value = values[c]
package struct TableCoding: Equatable, Sendable {
  package var slope: Float
  package var offset: Float
  /// 256 values.
  package var values: [Float]

  package init(slope: Float, offset: Float, values: [Float]) {
    precondition(values.count == 256, "\(values.count) values")
    self.slope = slope
    self.offset = offset
    self.values = values
  }
}

/// Quantizers by tables. A one-scale encoded operand is decoded on the way in: scale · (x − zero).
extension VectorKernels {
  /// y = the value of scale (x − zero).
  package func tableQuantize(
    _ x: TensorView, scale: Float = 1, zeroPoint: Float = 0, _ coding: TableCoding,
    into y: MutableTensorView
  ) {
    expectCount(y, x)
    unsafe table.table_quantize(
      x.shape.elementCount, scale, zeroPoint, x.pointer, coding.slope, coding.offset,
      coding.values, y.pointer)
  }

  /// With x = log2 p: dx = dy · value · ln 2 where the code of x is not clamped, 0 elsewhere.
  package func logTableQuantizeBackward(
    _ x: TensorView, _ coding: TableCoding, cotangent dy: TensorView,
    into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    unsafe table.log_table_quantize_backward(
      x.shape.elementCount, x.pointer, coding.slope, coding.offset, coding.values, dy.pointer,
      dx.pointer, accumulates.flag)
  }
}
