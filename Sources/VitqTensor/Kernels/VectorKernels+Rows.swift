import CVitqKernels

/// Broadcasts over rows, and sums of columns.
extension VectorKernels {
  /// y[r] = x[r] + row.
  package func add(_ x: TensorView, row: TensorView, into y: MutableTensorView) {
    expectRow(row, of: x.shape)
    expectCount(y, x)
    unsafe table.add_row(x.shape.rowCount, x.shape.width, x.pointer, row.pointer, y.pointer)
  }

  /// y[r] = x[r] · row.
  package func multiply(
    _ x: TensorView, row: TensorView, into y: MutableTensorView, accumulates: Bool = false
  ) {
    expectRow(row, of: x.shape)
    expectCount(y, x)
    unsafe table.multiply_row(
      x.shape.rowCount, x.shape.width, x.pointer, row.pointer, y.pointer, accumulates.flag)
  }

  /// y[r] = factor row, for every row of y.
  package func repeatRow(
    _ row: TensorView, by factor: Float, into y: MutableTensorView, accumulates: Bool
  ) {
    expectRow(row, of: y.shape)
    unsafe table.repeat_row(
      y.shape.rowCount, y.shape.width, factor, row.pointer, y.pointer, accumulates.flag)
  }

  /// y[c] = factor Σᵣ x[r, c], rows in order.
  package func sumColumns(
    of x: TensorView, by factor: Float = 1, into y: MutableTensorView, accumulates: Bool = false
  ) {
    expectRow(y.view, of: x.shape)
    unsafe table.column_sums(
      x.shape.rowCount, x.shape.width, factor, x.pointer, y.pointer, accumulates.flag)
  }

  /// y[c] = Σᵣ a[r, c] b[r, c], rows in order.
  package func sumColumns(
    ofProduct a: TensorView, _ b: TensorView, into y: MutableTensorView, accumulates: Bool = false
  ) {
    expectRow(y.view, of: a.shape)
    precondition(b.shape.elementCount == a.shape.elementCount, "\(b.shape) for \(a.shape)")
    unsafe table.column_dots(
      a.shape.rowCount, a.shape.width, a.pointer, b.pointer, y.pointer, accumulates.flag)
  }

  /// y[r] = Σ x[r].
  package func sumRows(of x: TensorView, into y: MutableTensorView) {
    precondition(y.shape.elementCount == x.shape.rowCount, "\(y.shape) for rows of \(x.shape)")
    unsafe table.row_sums(x.shape.rowCount, x.shape.width, x.pointer, y.pointer)
  }

  /// y[r, c] = fma(x[r, c], multipliers[c], offsets[c]).
  package func scaleColumns(
    of x: TensorView, multipliers: [Float], offsets: [Float], into y: MutableTensorView
  ) {
    expectCount(y, x)
    precondition(
      multipliers.count == x.shape.width && offsets.count == x.shape.width,
      "\(multipliers.count) multipliers, \(offsets.count) offsets for \(x.shape)")
    unsafe table.scale_columns(
      x.shape.rowCount, x.shape.width, x.pointer, multipliers, offsets, y.pointer)
  }

  func expectRow(_ row: TensorView, of shape: Shape) {
    precondition(row.shape.elementCount == shape.width, "row \(row.shape) of \(shape)")
  }
}
