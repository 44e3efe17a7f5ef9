import Testing
import VitqTensor
import VitqTestSupport

/// A kernel on operands made for a width, as the equality tests run it on every instruction set.
struct KernelCase: Sendable, CustomTestStringConvertible {
  /// The rows of every matrix operand.
  static let rowCount = 3

  let name: String
  /// The shape of the result for operands of this width.
  let result: @Sendable (_ width: Int) -> Shape
  let run: @Sendable (VectorKernels, KernelOperands, MutableTensorView) -> Void

  var testDescription: String { name }

  /// A kernel whose result is a matrix like its operands.
  static func matrix(
    _ name: String,
    _ run: @escaping @Sendable (VectorKernels, KernelOperands, MutableTensorView) -> Void
  ) -> KernelCase {
    KernelCase(name: name, result: { [rowCount, $0] }, run: run)
  }

  /// A kernel whose result is a row.
  static func row(
    _ name: String,
    _ run: @escaping @Sendable (VectorKernels, KernelOperands, MutableTensorView) -> Void
  ) -> KernelCase {
    KernelCase(name: name, result: { [$0] }, run: run)
  }
}

/// Operands of one width: matrices x, y, z, rows u, v, and the statistics of three rows.
struct KernelOperands {
  let x: TensorView
  let y: TensorView
  let z: TensorView
  let u: TensorView
  let v: TensorView
  let statistics: TensorView

  /// Calls `body` with operands made from `width`.
  static func with<R>(width: Int, _ body: (KernelOperands) -> R) -> R {
    var generator = SplitMix64(seed: UInt64(width))
    func tensor(_ shape: Shape, _ range: Float) -> Tensor {
      Tensor(shape, generator.floats(shape.elementCount).map { $0 * range })
    }
    let matrix: Shape = [KernelCase.rowCount, width]
    let (x, y, z) = (tensor(matrix, 5), tensor(matrix, 2), tensor(matrix, 1))
    let (u, v) = (tensor([width], 2), tensor([width], 2))
    let statistics = tensor([2 * KernelCase.rowCount], 1)
    return x.withView { x in
      y.withView { y in
        z.withView { z in
          u.withView { u in
            v.withView { v in
              statistics.withView {
                body(KernelOperands(x: x, y: y, z: z, u: u, v: v, statistics: $0))
              }
            }
          }
        }
      }
    }
  }
}
