package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// ERQ's reduction of the error of weights (arXiv:2407.06794, section 4.3; method.md 5.4): rounds
/// the inputs of a layer half by half, and lets those that are left make up for the errors.
///
/// With M the products Σ x̂ x̂ᵀ of quantized inputs, a constant 1 among them for the bias: of the
/// inputs that are left, the first half s is rounded, each code up or down so that
/// dᵀ M[s, s] d falls, d the rounding errors; then the rest r, which includes the bias, changes by
///
///     − (M[r, r] + λ I)⁻¹ M[r, s] d
package struct ProgressiveRounding: Sendable {
  private let products: PositiveDefiniteMatrix
  private let lambda: Double
  /// The most codes of a row that one half may turn the other way.
  private static let refinementSteps = 100

  /// - Parameters:
  ///   - products: M, the constant input last.
  ///   - lambda: λ.
  package init(_ products: PositiveDefiniteMatrix, lambda: Double) {
    self.products = products
    self.lambda = lambda
  }

  /// Weights on their quantizers' grids and the bias that goes with them; `nil` if the products of
  /// some inputs are singular.
  ///
  /// - Throws: ``QuantizationError/cancelled`` if `isCancelled`, asked before each row of each half,
  ///   says so.
  package func rounded(
    _ weight: Tensor, bias: Tensor, quantizers: [UniformQuantizer], workers: Workers,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(QuantizationError) -> (weight: Tensor, bias: Tensor)? {
    let width = weight.shape.width
    var rows = bias.elements.indices.map { n in
      weight.elements[n * width..<(n + 1) * width].map(Double.init) + [Double(bias.elements[n])]
    }
    var first = 0
    while first < width {
      let left = width - first
      let count = left > 1 ? left / 2 : 1
      let compensation = Compensation(
        products, rounding: first..<first + count, updating: first + count..<width + 1, lambda)
      guard let compensation else { return nil }
      let half = first..<first + count
      rows = try workers.map(rows.count) { () throws(QuantizationError) in
      } body: { [rows] (_, n) throws(QuantizationError) in
        if isCancelled() { throw .cancelled }
        let quantizer = quantizers.count == 1 ? quantizers[0] : quantizers[n]
        return round(rows[n], half, quantizer, compensation)
      }
      first += count
    }
    return (
      Tensor(weight.shape, rows.flatMap { $0.dropLast().map { Float($0) } }),
      Tensor(bias.shape, rows.map { Float($0[width]) })
    )
  }

  private func round(
    _ row: [Double], _ half: Range<Int>, _ quantizer: UniformQuantizer,
    _ compensation: Compensation
  ) -> [Double] {
    var row = row
    let exact = half.map { row[$0] }
    var codes = exact.map { quantizer.code(of: Float($0)) }
    func value(_ code: Int) -> Double { Double(quantizer.value(of: code)) }
    var errors = zip(codes, exact).map { value($0) - $1 }
    // gradient / 2 of the error's square.
    var slopes = half.map { i in
      zip(half, errors).reduce(0) { $0 + product(i, $1.0) * $1.1 }
    }
    for _ in 0..<Self.refinementSteps {
      let candidates = codes.indices.filter { slopes[$0] * errors[$0] > 0 }
      guard let worst = candidates.max(by: { abs(slopes[$0]) < abs(slopes[$1]) }) else { break }
      let code = codes[worst] + (errors[worst] > 0 ? -1 : 1)
      guard (quantizer.minimumCode...quantizer.maximumCode).contains(code) else { break }
      let change = value(code) - value(codes[worst])
      let column = half.lowerBound + worst
      let gain = 2 * change * slopes[worst] + change * change * product(column, column)
      guard gain < 0 else { break }
      codes[worst] = code
      errors[worst] += change
      for (index, i) in half.enumerated() { slopes[index] += product(i, column) * change }
    }
    for (index, i) in half.enumerated() { row[i] = value(codes[index]) }
    for (index, i) in compensation.updated.enumerated() {
      row[i] += compensation.change(index, errors)
    }
    return row
  }

  private func product(_ i: Int, _ j: Int) -> Double { products[min(i, j), max(i, j)] }
}

/// What makes up for rounding errors of some inputs.
private struct Compensation: Sendable {
  let updated: Range<Int>
  private let width: Int
  /// − (M[r, r] + λ I)⁻¹ M[r, s], row-major.
  private let elements: [Float]

  init?(
    _ products: PositiveDefiniteMatrix, rounding: Range<Int>, updating: Range<Int>,
    _ lambda: Double
  ) {
    updated = updating
    width = rounding.count
    let square = PositiveDefiniteMatrix(
      order: updating.count,
      elements: updating.flatMap { i in updating.map { products[min(i, $0), max(i, $0)] } })
    guard let inverse = square.adding(lambda).inverse() else { return nil }
    // Scaled so that single precision holds both factors.
    let scale = 1 / max(inverse.meanDiagonal, 1e-300)
    let left = Tensor(
      [updating.count, updating.count], inverse.elements.map { Float($0 * scale) })
    let right = Tensor(
      [updating.count, width],
      updating.flatMap { i in rounding.map { Float(products[min(i, $0), max(i, $0)] / scale) } })
    var product = Tensor(zeros: [updating.count, width])
    left.withView { left in
      right.withView { right in
        product.withMutableView {
          MatrixMultiply.multiply(left.matrix(), right.matrix(), scale: -1, into: $0.matrix())
        }
      }
    }
    elements = product.elements
  }

  func change(_ index: Int, _ errors: [Double]) -> Double {
    errors.indices.reduce(0) { $0 + Double(elements[index * width + $1]) * errors[$1] }
  }
}
