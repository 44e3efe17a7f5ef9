/// Products of quantized matrices.
extension MatrixMultiply {
  /// c[i, j] = Σₖ (a[i, k] − z) (b[k, j] − u), whole numbers, exact before they are rounded once.
  ///
  /// - Parameters:
  ///   - a: Codes, [M, K].
  ///   - aZeroPoint: z, one for all of a.
  ///   - b: Codes, [K, N], or [N, K] if `transposesRight`.
  ///   - bZeroPoints: u, one for all of b or one for each of its rows.
  ///   - transposesRight: Whether b is given as its transpose.
  ///   - c: The sums, [M, N].
  package static func multiplyCodes(
    _ a: TensorView, zeroPoint aZeroPoint: Float, _ b: TensorView, zeroPoints bZeroPoints: [Float],
    transposesRight: Bool, into c: MutableTensorView
  ) {
    a.withCentred([aZeroPoint]) { a in
      b.withCentred(bZeroPoints) { b in
        let kernels = VectorKernels.current
        let bound = Double(kernels.rowMagnitude(a)) * Double(kernels.magnitude(b))
        let right = transposesRight ? b.matrix().transposed : b.matrix()
        multiplyWholeNumbers(a.matrix(), right, bound: bound, into: c.matrix())
      }
    }
  }
}

extension TensorView {
  /// Calls `body` with element − zero point, one for all or one for each index of the first axis.
  fileprivate func withCentred(_ zeroPoints: [Float], _ body: (TensorView) -> Void) {
    guard zeroPoints.contains(where: { $0 != 0 }) else { return body(self) }
    var centred = Tensor(zeros: shape)
    centred.withMutableView { target in
      if zeroPoints.count == 1 {
        VectorKernels.current.decode(self, scale: 1, zeroPoint: zeroPoints[0], into: target)
      } else {
        for (index, zeroPoint) in zeroPoints.enumerated() {
          VectorKernels.current.decode(
            part(index), scale: 1, zeroPoint: zeroPoint, into: target.part(index))
        }
      }
      body(target.view)
    }
  }
}
