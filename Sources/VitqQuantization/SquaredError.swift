package import VitqFormat
import VitqOps
package import VitqTensor

/// The squared error that a quantizer makes on numbers; reuses one piece of memory.
package final class SquaredError {
  private let memory: UnsafeMutablePointer<Float>
  private let capacity: Int

  /// - Parameter capacity: The largest number of elements of one call.
  package init(capacity: Int) {
    self.capacity = capacity
    memory = .allocate(capacity: max(capacity, 1))
    memory.initialize(repeating: 0, count: max(capacity, 1))
  }

  deinit { memory.deallocate() }

  /// Σ (x − value(code(x)))².
  package func callAsFunction(_ x: TensorView, _ quantizer: UniformQuantizer) -> Double {
    let result = scratch(x.shape)
    VectorKernels.current.fakeQuantize(x, UniformCoding(quantizer), into: result)
    return distance(result, x)
  }

  /// Σ (2^e − value(code(e)))², with 2^e given.
  package func callAsFunction(
    logarithms e: TensorView, values: TensorView, _ quantizer: LogQuantizer
  ) -> Double {
    let result = scratch(e.shape)
    VectorKernels.current.logQuantize(e, quantizer.coding, into: result)
    return distance(result, values)
  }

  private func scratch(_ shape: Shape) -> MutableTensorView {
    precondition(shape.elementCount <= capacity, "\(shape) exceeds \(capacity) elements")
    return MutableTensorView(shape, memory)
  }

  private func distance(_ y: MutableTensorView, _ x: TensorView) -> Double {
    VectorKernels.current.scale(x, by: -1, into: y, accumulates: true)
    return VectorKernels.current.dot(y.view, y.view)
  }
}

extension LogQuantizer {
  /// In real values.
  var coding: LogCoding {
    LogCoding(
      stepsPerOctave: Float(stepsPerOctave), offset: offset, unit: 1.0 / 32768,
      levels: levels.map(Float.init))
  }
}
