import CVitqKernels

/// The hyper-parameters of Adam (arXiv:1412.6980, algorithm 1; its defaults, section 2).
package struct AdamRates: Equatable, Sendable {
  package var rate: Float
  package var beta1: Float
  package var beta2: Float
  package var epsilon: Float

  package init(rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }
}

extension VectorKernels {
  /// Step number `step`, from 1, of Adam on x, with the moments that earlier steps left.
  package func adam(
    _ rates: AdamRates, step: Int, gradient: TensorView, firstMoment: MutableTensorView,
    secondMoment: MutableTensorView, parameters x: MutableTensorView
  ) {
    precondition(step > 0, "step \(step)")
    expectCount(x, gradient, firstMoment.view, secondMoment.view)
    let (power1, power2) = (power(rates.beta1, step), power(rates.beta2, step))
    let parameters = vitq_f32_adam(
      rate: rates.rate, beta1: rates.beta1, beta2: rates.beta2, epsilon: rates.epsilon,
      correction1: Float(1 - power1), correction2: Float(1 - power2))
    unsafe table.adam(
      x.shape.elementCount, parameters, gradient.pointer, firstMoment.pointer,
      secondMoment.pointer, x.pointer)
  }
}

/// base^exponent by repeated squaring: the same bits on every machine.
private func power(_ base: Float, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, Double(base), exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
