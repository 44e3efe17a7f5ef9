import CVitqKernels
import Synchronization

/// Right operands of products in BF16, each rounded and packed once, at its first product.
///
/// They are matrices in one block of memory, such as a model's constants, which stays as it is for
/// as long as anybody multiplies by them. Products on any number of threads share them.
@safe
package final class BF16Panels: @unchecked Sendable {
  private struct Key: Hashable {
    let offset, rows, columns, stride: Int
    let isTransposed: Bool
  }

  /// The memory of one packed matrix.
  @safe
  private final class Panels: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init(of matrix: Matrix) {
      unsafe pointer = .allocate(
        byteCount: vitq_bf16_panels_bytes(matrix.columns, matrix.rows), alignment: 64)
      unsafe vitq_bf16_pack(matrix.columns, matrix.rows, matrix.operand, pointer)
    }

    deinit { unsafe pointer.deallocate() }
  }

  private let base: UnsafePointer<Float>
  private let elementCount: Int
  private let packed = Mutex<[Key: Panels]>([:])

  /// - Parameter memory: The block; nothing is packed yet.
  package init(of memory: TensorView) {
    unsafe base = memory.pointer
    elementCount = memory.shape.elementCount
  }

  /// A packed matrix; `nil` if it does not lie in the block.
  func panels(of matrix: Matrix) -> UnsafeRawPointer? {
    let isInside = unsafe base <= matrix.pointer && matrix.pointer < base + elementCount
    guard isInside else { return nil }
    let key = unsafe Key(
      offset: matrix.pointer - base, rows: matrix.rows, columns: matrix.columns,
      stride: matrix.stride, isTransposed: matrix.isTransposed)
    let panels = packed.withLock { packed in
      if let known = packed[key] { return known }
      let made = Panels(of: matrix)
      packed[key] = made
      return made
    }
    return unsafe UnsafeRawPointer(panels.pointer)
  }
}

extension Matrix {
  var operand: vitq_bf16_operand {
    unsafe vitq_bf16_operand(
      elements: pointer, stride: stride, is_transposed: isTransposed ? 1 : 0)
  }
}
