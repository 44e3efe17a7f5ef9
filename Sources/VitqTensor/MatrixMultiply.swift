import CVitqBLAS

/// Matrix products; the only caller of BLAS.
package enum MatrixMultiply {
  /// c = scale · a b, or c += scale · a b; of operands rounded to BF16 if `bf16` is given.
  package static func multiply(
    _ a: Matrix, _ b: Matrix, scale: Float = 1, into c: MutableMatrix, accumulates: Bool = false,
    bf16: BF16Products? = nil
  ) {
    expect(a, b, c)
    if let bf16 { return bf16.multiply(a, b, scale: scale, into: c, accumulates: accumulates) }
    BLAS.configure()
    unsafe cblas_sgemm(
      CblasRowMajor, a.order, b.order, blasint(c.rows), blasint(c.columns), blasint(a.columns),
      scale, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride),
      accumulates ? 1 : 0, c.pointer, blasint(c.stride))
  }

  /// The magnitude below which every FP32 sum of whole numbers is exact.
  package static let exactLimit: Double = 16_777_216

  /// c = a b of whole numbers, each element exact before it is rounded once to FP32.
  ///
  /// `bound` is at least the largest Σ |a b| of an element: below ``exactLimit`` FP32 serves,
  /// beyond it double precision.
  package static func multiplyWholeNumbers(
    _ a: Matrix, _ b: Matrix, bound: Double, into c: MutableMatrix
  ) {
    guard bound >= exactLimit else { return multiply(a, b, into: c) }
    expect(a, b, c)
    BLAS.configure()
    var product = [Double](repeating: 0, count: c.rows * c.columns)
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(c.rows), blasint(c.columns),
      blasint(a.columns), 1, a.doubles, blasint(a.columns), b.doubles, blasint(b.columns), 0,
      &product, blasint(c.columns))
    for row in 0..<c.rows {
      for column in 0..<c.columns {
        unsafe c.pointer[row * c.stride + column] = Float(product[row * c.columns + column])
      }
    }
  }

  private static func expect(_ a: Matrix, _ b: Matrix, _ c: MutableMatrix) {
    precondition(
      a.rows == c.rows && b.columns == c.columns && a.columns == b.rows,
      "[\(a.rows), \(a.columns)] × [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
  }
}

extension Matrix {
  fileprivate var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }

  /// The elements in double precision, rows contiguous.
  fileprivate var doubles: [Double] {
    unsafe [Double](unsafeUninitializedCapacity: rows * columns) { buffer, count in
      let (rowStride, columnStride) = isTransposed ? (1, stride) : (stride, 1)
      for row in 0..<rows {
        for column in 0..<columns {
          unsafe buffer.initializeElement(
            at: row * columns + column,
            to: Double(pointer[row * rowStride + column * columnStride]))
        }
      }
      count = rows * columns
    }
  }
}
