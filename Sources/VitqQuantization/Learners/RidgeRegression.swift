package import VitqTensor

/// The weight that best gives, from quantized inputs, what the layer gave from its own (ERQ's
/// Aqer on the partly quantized network; method.md 8.3).
///
///     W′ = W (C + λ I) (G + λ I)⁻¹,  λ = strength · mean of the diagonal of G
///
/// with G and C the centred products Σ x̂ x̂ᵀ and Σ x x̂ᵀ. It minimises
/// Σ |W x − W′ x̂|² + λ |W′ − W|².
///
/// - Note: The target is this network's own output with this layer's input not yet quantized,
///   not the full-precision network's output, which calibration images of another kind than
///   photographs do not support.
package enum RidgeRegression {
  /// The updated weight; `weight` itself if the inputs are constant.
  package static func updated(
    _ weight: Tensor, _ statistics: InputStatistics, strength: Double
  ) -> Tensor {
    let width = weight.shape.width
    let lambda = strength * statistics.gram.meanDiagonal
    guard lambda > 0, let inverse = statistics.gram.adding(lambda).inverse() else { return weight }
    // W′ − W = W (C − G) (G + λ I)⁻¹: the small difference, so that FP32 products suffice.
    let difference = Tensor(
      [width, width],
      statistics.cross.indices.map { i in
        let (row, column) = (i / width, i % width)
        let gram = statistics.gram[min(row, column), max(row, column)]
        return Float((statistics.cross[i] - gram) / lambda)
      })
    let scaledInverse = Tensor([width, width], inverse.elements.map { Float($0 * lambda) })
    var product = Tensor(zeros: weight.shape)
    var result = weight
    weight.withView { weight in
      difference.withView { difference in
        product.withMutableView {
          MatrixMultiply.multiply(weight.matrix(), difference.matrix(), into: $0.matrix())
        }
      }
    }
    product.withView { product in
      scaledInverse.withView { inverse in
        result.withMutableView {
          MatrixMultiply.multiply(
            product.matrix(), inverse.matrix(), into: $0.matrix(), accumulates: true)
        }
      }
    }
    return result
  }
}
