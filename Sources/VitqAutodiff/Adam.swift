package import VitqTensor

/// The optimiser of one parameter tensor.
///
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.
package final class Adam {
  /// The step size and decay rates; the rate may change from step to step.
  package var rates: AdamRates
  /// The number of steps taken.
  package var stepCount = 0
  package let firstMoments: MutableTensorView
  package let secondMoments: MutableTensorView
  private let arena: Arena

  package init(_ shape: Shape, _ rates: AdamRates) {
    self.rates = rates
    arena = Arena(elementCount: 2 * shape.elementCount)
    firstMoments = arena.view(at: 0, shape)
    secondMoments = arena.view(at: shape.elementCount, shape)
  }

  /// Forgets all steps.
  package func reset() {
    stepCount = 0
    firstMoments.fill(0)
    secondMoments.fill(0)
  }

  /// Moves the parameters one step against the gradient.
  package func step(_ parameters: MutableTensorView, gradient: TensorView) {
    stepCount += 1
    VectorKernels.current.adam(
      rates, step: stepCount, gradient: gradient, firstMoment: firstMoments,
      secondMoment: secondMoments, parameters: parameters)
  }
}
