/// A dense, row-major FP32 tensor with value semantics: weights, images, results.
///
/// Inside an evaluation values live in planned memory instead and are seen as ``TensorView``.
package struct Tensor: Sendable, Equatable {
  package let shape: Shape
  package private(set) var elements: [Float]

  package init(_ shape: Shape, _ elements: [Float]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements in \(shape)")
    self.shape = shape
    self.elements = elements
  }

  package init(zeros shape: Shape) {
    self.init(shape, Array(repeating: 0, count: shape.elementCount))
  }

  /// One element, in row-major order; setting it copies nothing.
  package subscript(index: Int) -> Float {
    get { elements[index] }
    set { elements[index] = newValue }
  }

  /// The same elements in the same order under another shape.
  package func reshaped(to shape: Shape) -> Tensor { Tensor(shape, elements) }

  /// Calls `body` with a view of the elements.
  package func withView<R, E: Error>(_ body: (TensorView) throws(E) -> R) throws(E) -> R {
    let shape = shape
    let result: Result<R, E> = unsafe elements.withUnsafeBufferPointer { buffer in
      do throws(E) {
        return .success(try body(unsafe TensorView(shape, buffer.baseAddress)))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Calls `body` with a view through which the elements may be written.
  package mutating func withMutableView(_ body: (MutableTensorView) -> Void) {
    let shape = shape
    unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else {
        preconditionFailure("a view of nothing")
      }
      body(unsafe MutableTensorView(shape, start))
    }
  }
}
