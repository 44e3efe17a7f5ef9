import Testing
import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

/// An operation on operands, with what it computes written once more in double precision.
struct OperationSample: Sendable, CustomTestStringConvertible {
  typealias Function = @Sendable ([Values]) -> [Double]

  let name: String
  let operation: any CatalogOperation
  let operands: [Tensor]
  /// The result as a function of the operands.
  let reference: Function
  /// What the pullback differentiates, around these operands: ``reference`` unless the operation
  /// passes gradients straight through.
  let differentiated: Function
  /// How closely FP32 follows ``reference``.
  let tolerance: Tolerance

  init(
    _ name: String, _ operation: any CatalogOperation, _ operands: [Tensor],
    differentiating surrogate: Function? = nil, tolerance: Tolerance = .rounding,
    _ reference: @escaping Function
  ) {
    self.name = name
    self.operation = operation
    self.operands = operands
    self.reference = reference
    self.tolerance = tolerance
    differentiated = surrogate ?? reference
  }

  var testDescription: String { name }
}

/// The elements of an operand in double precision.
struct Values: Sendable {
  let shape: Shape
  var elements: [Double]

  init(_ tensor: Tensor) {
    shape = tensor.shape
    elements = tensor.elements.map(Double.init)
  }

  subscript(i: Int) -> Double { elements[i] }
  subscript(i: Int, j: Int) -> Double { elements[i * shape[1] + j] }
  subscript(i: Int, j: Int, k: Int) -> Double { elements[(i * shape[1] + j) * shape[2] + k] }

  var rows: [[Double]] {
    (0..<shape.rowCount).map { Array(elements[($0 * shape.width)..<(($0 + 1) * shape.width)]) }
  }
}

extension OperationSample {
  /// ∂(Σ cotangent · result)/∂operand by central differences in double precision.
  func centralDifference(_ operand: Int, along cotangent: Tensor) -> [Double] {
    let step = 1e-5
    var values = operands.map(Values.init)
    func loss() -> Double {
      zip(differentiated(values), cotangent.elements).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    return values[operand].elements.indices.map { i in
      let x = values[operand].elements[i]
      values[operand].elements[i] = x + step
      let above = loss()
      values[operand].elements[i] = x - step
      let below = loss()
      values[operand].elements[i] = x
      return (above - below) / (2 * step)
    }
  }
}
