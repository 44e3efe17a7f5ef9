/// What the numbers of a value stand for.
///
/// A quantized value is kept as its integers: sums of products of them are exact in FP32 below
/// 2²⁴ (and in FP64 always), which is what makes the evaluator agree with the integer runtime
/// bit for bit.
package enum Encoding: Hashable, Sendable {
  /// The elements are the values.
  case real
  /// Value = scale · (element − zeroPoint), with one scale and zero point for the whole tensor
  /// or one for each index of the first axis; the elements are whole numbers.
  case integer(scales: [Float], zeroPoints: [Float])
  /// Value = scale · (element − zeroPoint), with a scale and a zero point for each row, which lie
  /// behind the elements; see ``TensorView/rowScales``.
  case integerRows

  /// The numbers that a value of a shape takes in memory.
  package func storedCount(_ shape: Shape) -> Int {
    shape.elementCount + (self == .integerRows ? 2 * shape.rowCount : 0)
  }
}

/// The elements of one value in memory that somebody else owns.
///
/// Valid as long as its owner says: for an evaluator's view, until the evaluator is released.
@safe
@usableFromInline
package struct TensorView {
  package let shape: Shape
  package let encoding: Encoding
  @usableFromInline package let pointer: UnsafePointer<Float>

  package init(_ shape: Shape, _ pointer: UnsafePointer<Float>?, encoding: Encoding = .real) {
    guard let pointer = unsafe pointer else { preconditionFailure("a view of nothing") }
    self.shape = shape
    self.encoding = encoding
    unsafe self.pointer = pointer
  }

  package var elements: UnsafeBufferPointer<Float> {
    unsafe UnsafeBufferPointer(start: pointer, count: shape.elementCount)
  }

  @inlinable package subscript(index: Int) -> Float { unsafe pointer[index] }

  /// Scale and zero point of each row, [rows, 2], of a value of ``Encoding/integerRows``.
  package var rowScales: TensorView {
    precondition(encoding == .integerRows, "rows without scales")
    return unsafe TensorView([shape.rowCount, 2], pointer + shape.elementCount)
  }

  /// A copy of the elements.
  package var tensor: Tensor { Tensor(shape, unsafe Array(elements)) }
}

/// The elements of one value, to be written.
@safe
@usableFromInline
package struct MutableTensorView {
  package let shape: Shape
  package let encoding: Encoding
  @usableFromInline package let pointer: UnsafeMutablePointer<Float>

  package init(
    _ shape: Shape, _ pointer: UnsafeMutablePointer<Float>, encoding: Encoding = .real
  ) {
    self.shape = shape
    self.encoding = encoding
    unsafe self.pointer = pointer
  }

  package var elements: UnsafeMutableBufferPointer<Float> {
    unsafe UnsafeMutableBufferPointer(start: pointer, count: shape.elementCount)
  }

  @inlinable package subscript(index: Int) -> Float {
    get { unsafe pointer[index] }
    nonmutating set { unsafe pointer[index] = newValue }
  }

  /// The same memory, to be read.
  package var view: TensorView { unsafe TensorView(shape, pointer, encoding: encoding) }

  package func fill(_ value: Float) { unsafe elements.update(repeating: value) }

  /// Overwrites the elements with those of `source`, which has as many.
  package func copy(from source: TensorView) {
    precondition(source.shape.elementCount == shape.elementCount, "\(source.shape) into \(shape)")
    unsafe pointer.update(from: source.pointer, count: shape.elementCount)
  }

  package func copy(from source: [Float]) {
    precondition(source.count == shape.elementCount, "\(source.count) elements into \(shape)")
    for (i, value) in source.enumerated() { self[i] = value }
  }
}
