import Foundation
import VitqFormat
import VitqOps
import VitqTensor
import VitqTestSupport

extension OperationSample {
  static let all: [OperationSample] =
    layout + rows + products + attention + gelu + quantizers + windows

  /// Values in −range…range, the same for the same seed.
  static func tensor(_ shape: Shape, seed: UInt64, range: Float = 2) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return Tensor(shape, generator.floats(shape.elementCount).map { $0 * range })
  }

  private static let layout: [OperationSample] = [
    OperationSample("patches", ImagePatches(side: 3), [tensor([2, 6, 9], seed: 1)]) { v in
      var y: [Double] = []
      for (row, column) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
        for c in 0..<2 {
          for i in 0..<3 { for j in 0..<3 { y.append(v[0][c, row * 3 + i, column * 3 + j]) } }
        }
      }
      return y
    },
    OperationSample(
      "concatenation", Concatenate(),
      [tensor([1, 5], seed: 2), tensor([4, 5], seed: 3), tensor([2, 5], seed: 4)]
    ) { v in v[0].elements + v[1].elements + v[2].elements },
    OperationSample(
      "values of 3 heads", SplitHeads(part: 2, parts: 3, heads: 3),
      [tensor([4, 3 * 3 * 5], seed: 5)]
    ) { v in
      (0..<3).flatMap { h in
        (0..<4).flatMap { n in (0..<5).map { v[0][n, 2 * 15 + h * 5 + $0] } }
      }
    },
    OperationSample("merged heads", MergeHeads(), [tensor([3, 4, 5], seed: 6)]) { v in
      (0..<4).flatMap { n in (0..<3).flatMap { h in (0..<5).map { v[0][h, n, $0] } } }
    },
    OperationSample("middle rows", SelectRows(first: 1, count: 2), [tensor([5, 7], seed: 7)]) {
      v in Array(v[0].elements[7..<21])
    },
  ]

  private static let rows: [OperationSample] = [
    OperationSample("residual", Add(), [tensor([3, 17], seed: 8), tensor([3, 17], seed: 9)]) {
      v in zip(v[0].elements, v[1].elements).map(+)
    },
    OperationSample("row added", Add(), [tensor([3, 17], seed: 10), tensor([17], seed: 11)]) {
      v in v[0].rows.flatMap { zip($0, v[1].elements).map(+) }
    },
    OperationSample(
      "row matrix added", Add(), [tensor([3, 5], seed: 12), tensor([1, 5], seed: 13)]
    ) { v in v[0].rows.flatMap { zip($0, v[1].elements).map(+) } },
    OperationSample(
      "layer scale", Multiply(), [tensor([3, 17], seed: 14), tensor([17], seed: 15)]
    ) { v in v[0].rows.flatMap { zip($0, v[1].elements).map(*) } },
    OperationSample("pooling", MeanRows(), [tensor([6, 17], seed: 16)]) { v in
      (0..<17).map { c in v[0].rows.reduce(0) { $0 + $1[c] } / 6 }
    },
    OperationSample(
      "layer norm", LayerNorm(epsilon: 1e-3),
      [tensor([3, 19], seed: 17), tensor([19], seed: 18), tensor([19], seed: 19)]
    ) { v in
      v[0].rows.flatMap { x in
        let mean = x.reduce(0, +) / 19
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19
        let rstd = 1 / (variance + Double(Float(1e-3))).squareRoot()
        return (0..<19).map { (x[$0] - mean) * rstd * v[1][$0] + v[2][$0] }
      }
    },
  ]

  private static let products: [OperationSample] = [
    OperationSample(
      "linear", Linear(),
      [tensor([4, 6], seed: 20), tensor([5, 6], seed: 21), tensor([5], seed: 22)]
    ) { v in
      (0..<4).flatMap { n in
        (0..<5).map { o in (0..<6).reduce(v[2][o]) { $0 + v[0][n, $1] * v[1][o, $1] } }
      }
    },
    OperationSample(
      "scores", MatMul(transposesRight: true, scale: 0.5),
      [tensor([2, 3, 4], seed: 23), tensor([2, 5, 4], seed: 24)]
    ) { v in
      (0..<2).flatMap { h in
        (0..<3).flatMap { n in
          (0..<5).map { m in (0..<4).reduce(0) { $0 + 0.5 * v[0][h, n, $1] * v[1][h, m, $1] } }
        }
      }
    },
    OperationSample(
      "weighted values", MatMul(transposesRight: false, scale: 1),
      [tensor([2, 3, 5], seed: 25), tensor([2, 5, 4], seed: 26)]
    ) { v in
      (0..<2).flatMap { h in
        (0..<3).flatMap { n in
          (0..<4).map { m in (0..<5).reduce(0) { $0 + v[0][h, n, $1] * v[1][h, $1, m] } }
        }
      }
    },
  ]

  private static let attention: [OperationSample] = [
    OperationSample("softmax", Softmax(), [tensor([2, 3, 19], seed: 27)]) { v in
      v[0].rows.flatMap(softmax)
    },
    OperationSample("log softmax", LogSoftmax(), [tensor([2, 3, 19], seed: 28)]) { v in
      v[0].rows.flatMap { softmax($0).map { log2($0) } }
    },
  ]

  private static func softmax(_ x: [Double]) -> [Double] {
    let powers = x.map { exp($0 - (x.max() ?? 0)) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  private static let gelu: [OperationSample] = [
    OperationSample("GELU", GELU(.erf), [tensor([4, 33], seed: 29, range: 6)]) { v in
      v[0].elements.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
    },
    OperationSample("tanh GELU", GELU(.tanh), [tensor([4, 33], seed: 30, range: 6)]) { v in
      v[0].elements.map { x in
        0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      }
    },
    OperationSample(
      "polynomial GELU", GELU(.polynomial), [tensor([4, 33], seed: 31, range: 6)],
      tolerance: .cancellation
    ) { v in v[0].elements.map(polynomialGELU) },
  ]

  private static func polynomialGELU(_ x: Double) -> Double {
    let coefficients = [
      0.5002304911613464, -0.4021323323249817, 0.015253201127052307, 0.030563555657863617,
      0.04808443412184715, -0.04881669953465462, 0.018945684656500816, -0.003885719459503889,
      0.0004290409851819277, -2.1882209694013e-05, 2.5525926615865086e-07,
    ]
    let t = min(abs(x), 4.25)
    return max(x, 0) - coefficients.reversed().reduce(0) { $0 * t + $1 } * t
  }
}
