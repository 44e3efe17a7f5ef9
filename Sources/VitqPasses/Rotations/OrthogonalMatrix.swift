import VitqTensor

/// A square matrix with orthonormal rows, row-major, in double precision.
struct OrthogonalMatrix: Equatable {
  let order: Int
  private(set) var elements: [Double]

  /// The Q of a random matrix.
  init(random order: Int, _ generator: inout RotationRandom) {
    self.order = order
    elements = (0..<order * order).map { _ in generator.normal() }
    // Gram–Schmidt twice: once leaves errors as large as the condition number, twice does not.
    for row in 0..<order {
      for _ in 0..<2 {
        for other in 0..<row { subtract(dot(row, other), times: other, from: row) }
      }
      scale(row, by: 1 / dot(row, row).squareRoot())
    }
  }

  /// A Hadamard matrix with random signs and order of its columns, scaled.
  ///
  /// An order m 2ᵏ without a known Hadamard matrix of order m (1 or 12) gets the Kronecker product
  /// of a random matrix of order m and a Hadamard matrix of order 2ᵏ.
  init(hadamard order: Int, _ generator: inout RotationRandom) {
    self.order = order
    var core = order
    while core % 2 == 0, core != 12 { core /= 2 }
    let small: [Double]
    switch core {
    case 1: small = [1]
    case 12: small = Self.paley
    default: small = OrthogonalMatrix(random: core, &generator).elements
    }
    let columns = Array(0..<order).shuffled(using: &generator)
    let signs = (0..<order).map { _ in Bool.random(using: &generator) ? 1.0 : -1.0 }
    let isHadamard = core == 1 || core == 12
    let unit = 1 / Double(isHadamard ? order : order / core).squareRoot()
    elements = Array(repeating: 0, count: order * order)
    for row in 0..<order {
      for column in 0..<order {
        // Sylvester's element is −1 to the number of bits that both indices have.
        let bits = (row / core) & (column / core)
        let sylvester: Double = bits.nonzeroBitCount % 2 == 0 ? unit : -unit
        elements[row * order + columns[column]] =
          sylvester * small[row % core * core + column % core] * signs[row]
      }
    }
  }

  /// Paley's Hadamard matrix of order 12, from the squares modulo 11.
  private static let paley: [Double] = {
    let squares = Set((1..<11).map { $0 * $0 % 11 })
    return (0..<144).map { i in
      let (row, column) = (i / 12, i % 12)
      if row == column { return 1 }
      if row == 0 { return 1 }
      if column == 0 { return -1 }
      return squares.contains((column - row + 11) % 11) ? 1 : -1
    }
  }()

  /// H Q with the reflection H that brings Q·1 back to 1, so that means of vectors stay.
  func keepingOnes() -> OrthogonalMatrix {
    let difference = (0..<order).map { row in
      (0..<order).reduce(-1) { $0 + elements[row * order + $1] }
    }
    let power = difference.reduce(0) { $0 + $1 * $1 }
    guard power > 1e-20 * Double(order) else { return self }
    var projection = Array(repeating: 0.0, count: order)
    for row in 0..<order {
      for column in 0..<order {
        projection[column] += difference[row] * elements[row * order + column]
      }
    }
    var result = self
    for row in 0..<order {
      let factor = 2 * difference[row] / power
      for column in 0..<order {
        result.elements[row * order + column] -= factor * projection[column]
      }
    }
    return result
  }

  /// Q.
  var tensor: Tensor { Tensor([order, order], elements.map { Float($0) }) }

  /// Q C with C = I − 1 1ᵀ / order, which takes the mean from a vector.
  var centredTensor: Tensor {
    var result = elements
    for row in 0..<order {
      let mean = elements[row * order..<(row + 1) * order].reduce(0, +) / Double(order)
      for column in 0..<order { result[row * order + column] -= mean }
    }
    return Tensor([order, order], result.map { Float($0) })
  }

  private func dot(_ a: Int, _ b: Int) -> Double {
    elements.withUnsafeBufferPointer { x in
      (0..<order).reduce(0) { $0 + x[a * order + $1] * x[b * order + $1] }
    }
  }

  private mutating func subtract(_ factor: Double, times other: Int, from row: Int) {
    let order = order
    elements.withUnsafeMutableBufferPointer { x in
      for i in 0..<order { x[row * order + i] -= factor * x[other * order + i] }
    }
  }

  private mutating func scale(_ row: Int, by factor: Double) {
    for i in row * order..<(row + 1) * order { elements[i] *= factor }
  }
}
