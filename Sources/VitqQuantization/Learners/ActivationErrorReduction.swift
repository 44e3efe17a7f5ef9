package import VitqTensor

/// ERQ's reduction of the error of activations (arXiv:2407.06794, section 4.2; method.md 5.4): the
/// weight and bias that best give the layer's own output from quantized inputs.
///
///     [W | b] ← [W | b] + (Y − X̂ [W | b]ᵀ)ᵀ X̂ (X̂ᵀ X̂ + λ I)⁻¹
///
/// with a column of ones in X̂ for the bias, and Y what the layer gives from its own inputs.
package enum ActivationErrorReduction {
  /// The updated weight and bias; `nil` if the products are singular.
  package static func updated(
    weight: Tensor, bias: Tensor, _ statistics: InputStatistics, lambda: Double
  ) -> (weight: Tensor, bias: Tensor)? {
    let width = weight.shape.width
    guard let inverse = statistics.augmentedGram.adding(lambda).inverse() else { return nil }
    let scale = 1 / max(inverse.meanDiagonal, 1e-300)
    // Σ (x − x̂) [x̂ | 1]ᵀ.
    let difference = Tensor(
      [width, width + 1],
      (0..<width).flatMap { i in
        (0...width).map { j in Float(statistics.augmentedDifference(i, j) / scale) }
      })
    let right = Tensor(
      [width + 1, width + 1], inverse.elements.map { Float($0 * scale) })
    let change = weight.times(difference).times(right)
    var updated = (weight: weight.elements, bias: bias.elements)
    for n in bias.elements.indices {
      for k in 0..<width { updated.weight[n * width + k] += change.elements[n * (width + 1) + k] }
      updated.bias[n] += change.elements[n * (width + 1) + width]
    }
    return (Tensor(weight.shape, updated.weight), Tensor(bias.shape, updated.bias))
  }
}

extension Tensor {
  /// The product of two matrices.
  fileprivate func times(_ other: Tensor) -> Tensor {
    var product = Tensor(zeros: [shape[0], other.shape[1]])
    withView { a in
      other.withView { b in
        product.withMutableView {
          MatrixMultiply.multiply(a.matrix(), b.matrix(), into: $0.matrix())
        }
      }
    }
    return product
  }
}

extension InputStatistics {
  /// Σ [x̂ | 1][x̂ | 1]ᵀ.
  package var augmentedGram: PositiveDefiniteMatrix {
    let width = gram.order
    let means = quantizedMeans + [1]
    var result = PositiveDefiniteMatrix(
      order: width + 1, elements: Array(repeating: 0, count: (width + 1) * (width + 1)))
    for i in 0...width {
      for j in i...width {
        result[i, j] = (j < width ? gram[i, j] : 0) + rowCount * means[i] * means[j]
      }
    }
    return result
  }

  /// An element of Σ (x − x̂) [x̂ | 1]ᵀ.
  func augmentedDifference(_ i: Int, _ j: Int) -> Double {
    let width = gram.order
    let shift = rowCount * (means[i] - quantizedMeans[i])
    guard j < width else { return shift }
    return cross[i * width + j] - gram[min(i, j), max(i, j)] + shift * quantizedMeans[j]
  }
}
