package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// GPTQ: rounds the weights of a layer one input at a time, each later weight making up for the
/// errors before it (arXiv:2210.17323; method.md 8.4).
///
/// With U the upper Cholesky factor of (G + damping · mean diagonal · I)⁻¹ and inputs in the
/// order of falling diagonal of G, for each row w and each input i in turn
///
///     q = value(code(w[i]))    e = (w[i] − q) / U[i, i]    w[j] ← w[j] − e U[i, j], j > i
///
/// The quantizer of each row is chosen before.
package struct WeightRounding: Sendable {
  /// In the order of rounding.
  private let factor: Tensor
  private let order: [Int]

  /// - Parameters:
  ///   - gram: G.
  ///   - damping: A fraction of the mean diagonal of G.
  package init?(_ gram: PositiveDefiniteMatrix, damping: Double) {
    let count = gram.order
    let order = (0..<count).sorted {
      let (a, b) = (gram[$0, $0], gram[$1, $1])
      return a != b ? a > b : $0 < $1
    }
    var permuted = gram
    for i in 0..<count {
      for j in i..<count {
        let (row, column) = (min(order[i], order[j]), max(order[i], order[j]))
        permuted[i, j] = gram[row, column]
      }
    }
    let ridge = damping * gram.meanDiagonal
    guard ridge > 0, let inverse = permuted.adding(ridge).inverse(),
      let factor = inverse.cholesky()
    else { return nil }
    self.order = order
    self.factor = Tensor([count, count], factor.elements.map { Float($0) })
  }

  /// The values of the codes of `weight`, [O, K].
  package func rounded(
    _ weight: Tensor, quantizers: [UniformQuantizer], workers: Workers
  ) -> Tensor {
    choose(weight, quantizers: quantizers, stepFactors: [1], workers: workers).weight
  }

  /// The same with the step of each row multiplied by the factor that leaves the least error
  /// Σ e², the first of equals.
  package func choose(
    _ weight: Tensor, quantizers: [UniformQuantizer], stepFactors: [Float], workers: Workers
  ) -> (weight: Tensor, quantizers: [UniformQuantizer]) {
    let width = order.count
    let rows = workers.map(weight.shape[0]) {
    } body: { _, n in
      let row = order.map { weight.elements[n * width + $0] }
      var best: (row: [Float], quantizer: UniformQuantizer, error: Double)?
      for factor in stepFactors {
        var quantizer = quantizers.count == 1 ? quantizers[0] : quantizers[n]
        quantizer.step *= factor
        let (rounded, error) = round(row, quantizer)
        if best.map({ error < $0.error }) ?? true { best = (rounded, quantizer, error) }
      }
      return best ?? (row, quantizers[0], 0)
    }
    var elements = weight.elements
    for (n, row) in rows.enumerated() {
      for (i, value) in row.row.enumerated() { elements[n * width + order[i]] = value }
    }
    return (Tensor(weight.shape, elements), rows.map(\.quantizer))
  }

  /// One row, in the order of rounding, and Σ e².
  private func round(
    _ row: [Float], _ quantizer: UniformQuantizer
  ) -> (row: [Float], error: Double) {
    let width = row.count
    var pending = row
    var result = row
    var sum = 0.0
    factor.elements.withUnsafeBufferPointer { factor in
      pending.withUnsafeMutableBufferPointer { pending in
        guard let u = factor.baseAddress, let w = pending.baseAddress else { return }
        for i in 0..<width {
          result[i] = quantizer.value(of: quantizer.code(of: w[i]))
          let error = (w[i] - result[i]) / u[i * width + i]
          sum += Double(error) * Double(error)
          let rest: Shape = [width - i]
          VectorKernels.current.scale(
            TensorView(rest, u + i * width + i), by: -error,
            into: MutableTensorView(rest, w + i), accumulates: true)
        }
      }
    }
    return (result, sum)
  }
}
