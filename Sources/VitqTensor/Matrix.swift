/// A matrix in memory that somebody else owns: `rows` rows, `stride` elements apart.
///
/// Of a transposed matrix, rows and columns are those of the transpose.
@safe
package struct Matrix {
  package let rows: Int
  package let columns: Int
  package let stride: Int
  package let isTransposed: Bool
  package let pointer: UnsafePointer<Float>

  init(
    rows: Int, columns: Int, stride: Int, isTransposed: Bool = false,
    pointer: UnsafePointer<Float>
  ) {
    self.rows = rows
    self.columns = columns
    self.stride = stride
    self.isTransposed = isTransposed
    unsafe self.pointer = pointer
  }

  package var transposed: Matrix {
    unsafe Matrix(
      rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed,
      pointer: pointer)
  }
}

/// A matrix to be written.
@safe
package struct MutableMatrix {
  package let rows: Int
  package let columns: Int
  package let stride: Int
  package let pointer: UnsafeMutablePointer<Float>

  init(rows: Int, columns: Int, stride: Int, pointer: UnsafeMutablePointer<Float>) {
    self.rows = rows
    self.columns = columns
    self.stride = stride
    unsafe self.pointer = pointer
  }
}

extension Shape {
  /// The number of elements of one matrix: the last two axes.
  fileprivate var matrixCount: Int { matrixRows * width }
  fileprivate var matrixRows: Int { rank >= 2 ? self[rank - 2] : 1 }
}

extension TensorView {
  /// The `index`-th matrix that the last two axes form.
  package func matrix(_ index: Int = 0) -> Matrix {
    precondition((index + 1) * shape.matrixCount <= shape.elementCount, "\(index) of \(shape)")
    return unsafe Matrix(
      rows: shape.matrixRows, columns: shape.width, stride: shape.width,
      pointer: pointer + index * shape.matrixCount)
  }

  /// The sub-tensor at `index` of the first axis, without its encoding.
  package func part(_ index: Int) -> TensorView {
    let part = Shape(Array(shape.dimensions.dropFirst()))
    precondition((index + 1) * part.elementCount <= shape.elementCount, "\(index) of \(shape)")
    return unsafe TensorView(part, pointer + index * part.elementCount)
  }
}

extension MutableTensorView {
  /// The `index`-th matrix that the last two axes form.
  package func matrix(_ index: Int = 0) -> MutableMatrix {
    precondition((index + 1) * shape.matrixCount <= shape.elementCount, "\(index) of \(shape)")
    return unsafe MutableMatrix(
      rows: shape.matrixRows, columns: shape.width, stride: shape.width,
      pointer: pointer + index * shape.matrixCount)
  }

  /// The sub-tensor at `index` of the first axis, without its encoding.
  package func part(_ index: Int) -> MutableTensorView {
    let part = Shape(Array(shape.dimensions.dropFirst()))
    precondition((index + 1) * part.elementCount <= shape.elementCount, "\(index) of \(shape)")
    return unsafe MutableTensorView(part, pointer + index * part.elementCount)
  }
}
