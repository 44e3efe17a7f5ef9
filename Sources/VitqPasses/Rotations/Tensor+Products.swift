import VitqTensor

extension Tensor {
  /// The product of two matrices; a vector is a matrix of one row.
  func times(_ other: Tensor, transposed: Bool = false) -> Tensor {
    let columns = transposed ? other.shape[0] : other.shape[1]
    var result = Tensor(zeros: Shape(shape.dimensions.dropLast() + [columns]))
    withView { a in
      other.withView { b in
        result.withMutableView { c in
          let matrix = transposed ? b.matrix().transposed : b.matrix()
          MatrixMultiply.multiply(a.matrix(), matrix, into: c.matrix())
        }
      }
    }
    return result
  }

  /// This vector plus the product of a matrix and a vector, summed in double precision.
  func adding(_ matrix: Tensor, times vector: Tensor) -> Tensor {
    let width = matrix.shape.width
    return Tensor(
      shape,
      elements.indices.map { row in
        var sum = Double(elements[row])
        for i in 0..<width {
          sum += Double(matrix.elements[row * width + i]) * Double(vector.elements[i])
        }
        return Float(sum)
      })
  }

  /// Each column multiplied by a factor.
  func scalingColumns(by factors: Tensor) -> Tensor {
    Tensor(
      shape,
      elements.enumerated().map { i, x in x * factors.elements[i % factors.elements.count] })
  }
}
