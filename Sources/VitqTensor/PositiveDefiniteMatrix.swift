import CVitqBLAS

/// A symmetric positive definite matrix in double precision, by its upper triangle, row-major.
///
/// Elements below the diagonal are not meaningful after a factorisation or inversion.
package struct PositiveDefiniteMatrix: Equatable, Sendable {
  package let order: Int
  package var elements: [Double]

  package init(order: Int, elements: [Double]) {
    precondition(elements.count == order * order, "\(elements.count) elements of order \(order)")
    self.order = order
    self.elements = elements
  }

  package subscript(row: Int, column: Int) -> Double {
    get { elements[row * order + column] }
    set { elements[row * order + column] = newValue }
  }

  package var meanDiagonal: Double {
    (0..<order).reduce(0) { $0 + self[$1, $1] } / Double(max(order, 1))
  }

  /// The same matrix with `value` added to the diagonal.
  package func adding(_ value: Double) -> PositiveDefiniteMatrix {
    var result = self
    for i in 0..<order { result[i, i] += value }
    return result
  }

  /// U, upper triangular, with UᵀU this matrix; `nil` if it is not positive definite.
  package func cholesky() -> PositiveDefiniteMatrix? {
    var result = self
    return unsafe result.apply { unsafe dpotrf_($0, $1, $2, $3, $4) } ? result : nil
  }

  /// The inverse, both triangles filled; `nil` if this matrix is not positive definite.
  package func inverse() -> PositiveDefiniteMatrix? {
    guard var result = cholesky(),
      unsafe result.apply({ unsafe dpotri_($0, $1, $2, $3, $4) })
    else { return nil }
    for row in 0..<order {
      for column in 0..<row { result[row, column] = result[column, row] }
    }
    return result
  }

  private typealias Routine = (
    UnsafePointer<CChar>, UnsafePointer<blasint>, UnsafeMutablePointer<Double>,
    UnsafePointer<blasint>, UnsafeMutablePointer<blasint>
  ) -> Void

  /// Calls a LAPACK routine on what it sees as the lower triangle, column-major.
  private mutating func apply(_ routine: Routine) -> Bool {
    BLAS.configure()
    guard order > 0 else { return true }
    let (size, triangle) = (blasint(order), CChar(UInt8(ascii: "L")))
    var status: blasint = 0
    unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe withUnsafePointer(to: size) { size in
        unsafe withUnsafePointer(to: triangle) { triangle in
          unsafe routine(triangle, size, start, size, &status)
        }
      }
    }
    return status == 0
  }
}
