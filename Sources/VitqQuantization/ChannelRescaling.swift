package import VitqAutodiff
package import VitqFormat
package import VitqTensor

/// RepQ-ViT's scale reparameterization: the channels of a layer normalisation brought to one
/// quantizer (method.md 3.2).
///
/// Each channel c is calibrated on its own, to a step s[c] and zero point z[c]. With s̃ and z̃
/// their means, r = s / s̃ and d = (z̃ − z) s̃, the channels become x / r − d by
///
///     γ ← γ / r      β ← β / r − d      W[:, c] ← W[:, c] r[c]      b ← b + W d
///
/// and one quantizer (s̃, z̃) gives the codes that the quantizers of the channels gave.
///
/// - Note: z̃ is rounded to a whole number, for integer arithmetic. A step below a twentieth of
///   the median is raised to it: a channel with γ = 0 has no range of its own.
package struct ChannelRescaling: Sendable {
  package let quantizer: UniformQuantizer
  /// r.
  private let factors: [Float]
  /// d.
  private let shifts: [Float]

  /// Calibrates the channels of the result of the normalisation on each image, [N, C].
  package init(_ values: [Tensor], search: ActivationSearch, workers: Workers) {
    let channels = values[0].shape.width
    let rows = values.map(\.shape.rowCount)
    let count = rows.reduce(0, +)
    let choices = workers.map(channels) {
      SquaredError(capacity: count)
    } body: { squaredError, c in
      var column: [Float] = []
      column.reserveCapacity(count)
      for (tensor, rowCount) in zip(values, rows) {
        for row in 0..<rowCount { column.append(tensor.elements[row * channels + c]) }
      }
      return search.choose(Tensor([count], column), squaredError).quantizer
    }
    let floor = choices.map(\.step).sorted()[channels / 2] / 20
    let steps = choices.map { max($0.step, floor) }
    let step = Float(steps.reduce(0) { $0 + Double($1) } / Double(channels))
    let meanZero =
      choices.reduce(0) { $0 + Double($1.zeroPoint) } / Double(channels)
    let zeroPoint = Int(meanZero.rounded(.toNearestOrEven))
    quantizer = UniformQuantizer(
      step: step, zeroPoint: zeroPoint, minimumCode: 0, maximumCode: (1 << search.bits) - 1)
    factors = steps.map { $0 / step }
    shifts = choices.map { Float(zeroPoint - $0.zeroPoint) * step }
  }

  /// r.
  var factorTensor: Tensor { Tensor([factors.count], factors) }
  /// d.
  var shiftTensor: Tensor { Tensor([shifts.count], shifts) }

  /// The parameters of the normalisation after rescaling.
  package func rescaled(gamma: Tensor, beta: Tensor) -> (gamma: Tensor, beta: Tensor) {
    (
      Tensor(gamma.shape, zip(gamma.elements, factors).map { $0 / $1 }),
      Tensor(
        beta.shape,
        beta.elements.indices.map { beta.elements[$0] / factors[$0] - shifts[$0] })
    )
  }

  /// The linear layer that reads the rescaled channels and computes the same.
  package func rescaled(weight: Tensor, bias: Tensor) -> (weight: Tensor, bias: Tensor) {
    let width = weight.shape.width
    var w = weight.elements
    var b = bias.elements
    for n in b.indices {
      var sum = Double(b[n])
      for c in 0..<width {
        let product = w[n * width + c] * factors[c]
        w[n * width + c] = product
        sum += Double(product) * Double(shifts[c])
      }
      b[n] = Float(sum)
    }
    return (Tensor(weight.shape, w), Tensor(bias.shape, b))
  }
}
