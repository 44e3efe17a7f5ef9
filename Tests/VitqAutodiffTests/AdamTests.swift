import Testing
import VitqAutodiff
import VitqTensor
import VitqTestSupport

struct AdamTests {
  /// Two steps by hand with β = (0.5, 0.9), rate 0.2 and ε = 0.
  ///
  /// Step 1: m̂ = g, √v̂ = |g|, so the step is the rate times the sign.
  /// Step 2 with g = 3 after 1: m = 0.25 + 1.5 = 1.75, m̂ = 1.75 / 0.75; v = 0.09 + 0.9 = 0.99,
  /// v̂ = 0.99 / 0.19.
  @Test func takesTheStepsOfTheAlgorithm() {
    let arena = Arena(elementCount: 2)
    let (parameters, gradient) = (arena.view(at: 0, [1]), arena.view(at: 1, [1]))
    let adam = Adam([1], AdamRates(rate: 0.2, beta1: 0.5, beta2: 0.9, epsilon: 0))
    gradient[0] = 1
    adam.step(parameters, gradient: gradient.view)
    #expect(Tolerance.rounding.accepts([parameters[0]], [-0.2]))
    gradient[0] = 3
    adam.step(parameters, gradient: gradient.view)
    let second = Float(0.2 * (1.75 / 0.75) / (0.99 / 0.19).squareRoot())
    #expect(Tolerance.rounding.accepts([parameters[0]], [-0.2 - second]))
  }

  @Test func findsAMinimum() {
    let arena = Arena(elementCount: 4)
    let (parameters, gradient) = (arena.view(at: 0, [2]), arena.view(at: 2, [2]))
    let adam = Adam([2], AdamRates(rate: 0.05))
    for _ in 0..<2000 {
      gradient[0] = 2 * (parameters[0] - 3)
      gradient[1] = 20 * (parameters[1] + 1)
      adam.step(parameters, gradient: gradient.view)
    }
    #expect(Tolerance.finiteDifference.accepts(parameters.view.tensor.elements, [3, -1]))
  }

  @Test func aResetForgets() {
    let arena = Arena(elementCount: 2)
    let (parameters, gradient) = (arena.view(at: 0, [1]), arena.view(at: 1, [1]))
    let adam = Adam([1], AdamRates(rate: 1))
    gradient[0] = 5
    adam.step(parameters, gradient: gradient.view)
    let first = parameters[0]
    adam.step(parameters, gradient: gradient.view)
    adam.reset()
    parameters[0] = 0
    adam.step(parameters, gradient: gradient.view)
    #expect(parameters[0] == first)
  }
}
