import VitqFormat
package import VitqGraph
package import VitqTensor

/// A fully connected layer.
///
///     y[n, o] = Σₖ x[n, k] w[o, k] + b[o]
///
/// Operands: x [N, K], w [O, K], b [O]. Result: [N, O].
///
/// With integer x and w, the sum T = Σₖ a (w − u[o]) of codes a is exact and
/// y = fma(T, multipliers[o], offsets[o]) as in ``LinearScaling``; of x encoded by rows, as
/// `Program.RowRescaling` has it.
package struct Linear: CatalogOperation {
  package static let mnemonic = "linear"

  package init() {}

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 3)
    try operands.expect(0, rank: 2)
    try operands.expect(1, rank: 2)
    let (x, w) = (operands[0], operands[1])
    try operands.expect(1, [w[0], x[1]])
    try operands.expect(2, [w[0]])
    return [x[0], w[0]]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    let hasCodes = operands[0].single != nil || operands[0] == .integerRows
    guard case .integer = operands[1] else { return nil }
    let isInteger = hasCodes && operands[2] == .real
    return isInteger ? .real : nil
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(byGradient: [[1], [0], []]) }

  package func forward(_ site: ForwardSite) {
    let (x, w, b) = (site.operands[0], site.operands[1], site.operands[2])
    if x.encoding != .real, case .integer(let steps, let zeroPoints) = w.encoding {
      MatrixMultiply.multiplyCodes(
        x, zeroPoint: 0, w, zeroPoints: zeroPoints, transposesRight: true, into: site.result)
      let weightSteps = steps.count == 1 ? Array(repeating: steps[0], count: w.shape[0]) : steps
      let sums = centredRowSums(of: w, zeroPoints)
      guard let codes = x.encoding.single else {
        VectorKernels.current.rescaleRows(
          of: site.result.view, scales: x.rowScales, weightSums: sums.map { Float($0) },
          weightSteps: weightSteps, bias: b, into: site.result)
        return
      }
      let scaling = LinearScaling(
        inputStep: codes.scale, inputZeroPoint: codes.zeroPoint,
        weightSteps: weightSteps, centredWeightSums: sums,
        bias: b.tensor.elements)
      VectorKernels.current.scaleColumns(
        of: site.result.view, multipliers: scaling.multipliers, offsets: scaling.offsets,
        into: site.result)
    } else {
      VectorKernels.current.repeatRow(b, by: 1, into: site.result, accumulates: false)
      MatrixMultiply.multiply(
        x.matrix(), w.matrix().transposed, into: site.result.matrix(), accumulates: true,
        bf16: site.bf16)
    }
  }

  /// ∂x = ∂y w,  ∂w = ∂yᵀ x,  ∂b = Σₙ ∂y.
  package func pullback(_ site: PullbackSite) {
    let (x, w, dy) = (site.operands[0], site.operands[1], site.cotangent)
    if let dx = site.gradients[0] {
      MatrixMultiply.multiply(
        dy.matrix(), w.matrix(), into: dx.view.matrix(), accumulates: dx.accumulates,
        bf16: site.bf16)
    }
    if let dw = site.gradients[1] {
      MatrixMultiply.multiply(
        dy.matrix().transposed, x.matrix(), into: dw.view.matrix(), accumulates: dw.accumulates,
        bf16: site.bf16)
    }
    if let db = site.gradients[2] {
      VectorKernels.current.sumColumns(of: dy, into: db.view, accumulates: db.accumulates)
    }
  }

  /// Σₖ (w[o, k] − u[o]) of each row.
  private func centredRowSums(of w: TensorView, _ zeroPoints: [Float]) -> [Int] {
    var sums = Tensor(zeros: [w.shape[0]])
    sums.withMutableView { VectorKernels.current.sumRows(of: w, into: $0) }
    return sums.elements.enumerated().map { row, sum in
      Int(sum) - w.shape[1] * Int(zeroPoints[zeroPoints.count == 1 ? 0 : row])
    }
  }
}
