package import VitqAutodiff
package import VitqTensor

/// What the weight updates need of a layer's inputs: means and centred products over all rows of
/// all calibration images, before (x) and after (x̂) the input's quantizer.
package struct InputStatistics: Sendable {
  /// The number of rows of all images.
  package let rowCount: Double
  package let means: [Double]
  package let quantizedMeans: [Double]
  /// Σ (x̂ − E x̂)(x̂ − E x̂)ᵀ.
  package let gram: PositiveDefiniteMatrix
  /// Σ (x − E x)(x̂ − E x̂)ᵀ, row-major; not symmetric.
  package let cross: [Double]

  /// The images are summed in a fixed number of groups, so threads do not show in the result.
  package static let groupCount = 8

  /// Sums over the rows of x and x̂, one tensor [N, K] of each for each image.
  package init(inputs: [Tensor], quantizedInputs: [Tensor], workers: Workers) {
    let means = Self.means(inputs)
    let quantizedMeans = Self.means(quantizedInputs)
    let width = means.count
    let groups = min(Self.groupCount, inputs.count)
    let sums = workers.map(groups) {
    } body: { _, group in
      var gram = Tensor(zeros: [width, width])
      var cross = gram
      for image in group * inputs.count / groups..<(group + 1) * inputs.count / groups {
        let x = Self.centred(inputs[image], means)
        let quantized = Self.centred(quantizedInputs[image], quantizedMeans)
        quantized.withView { quantized in
          gram.withMutableView {
            MatrixMultiply.multiply(
              quantized.matrix().transposed, quantized.matrix(), into: $0.matrix(),
              accumulates: true)
          }
          x.withView { x in
            cross.withMutableView {
              MatrixMultiply.multiply(
                x.matrix().transposed, quantized.matrix(), into: $0.matrix(), accumulates: true)
            }
          }
        }
      }
      return (gram, cross)
    }
    rowCount = Double(inputs.reduce(0) { $0 + $1.shape.rowCount })
    self.means = means
    self.quantizedMeans = quantizedMeans
    gram = PositiveDefiniteMatrix(order: width, elements: Self.sum(sums.map(\.0)))
    cross = Self.sum(sums.map(\.1))
  }

  /// The mean over all rows of all tensors, one number for each column.
  package static func means(_ tensors: [Tensor]) -> [Double] {
    let width = tensors[0].shape.width
    var sums = Array(repeating: 0.0, count: width)
    for tensor in tensors {
      tensor.elements.withUnsafeBufferPointer { elements in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<tensor.shape.rowCount {
            for c in 0..<width { sums[c] += Double(elements[row * width + c]) }
          }
        }
      }
    }
    let count = Double(tensors.reduce(0) { $0 + $1.shape.rowCount })
    return sums.map { $0 / count }
  }

  private static func centred(_ tensor: Tensor, _ means: [Double]) -> Tensor {
    let width = means.count
    let shifts = means.map { Float($0) }
    var elements = tensor.elements
    elements.withUnsafeMutableBufferPointer { elements in
      for row in 0..<tensor.shape.rowCount {
        for c in 0..<width { elements[row * width + c] -= shifts[c] }
      }
    }
    return Tensor(tensor.shape, elements)
  }

  private static func sum(_ tensors: [Tensor]) -> [Double] {
    var result = tensors[0].elements.map(Double.init)
    for tensor in tensors.dropFirst() {
      for i in result.indices { result[i] += Double(tensor.elements[i]) }
    }
    return result
  }
}
