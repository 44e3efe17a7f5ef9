package import VitqTensor

/// A constant of an ONNX graph.
package struct ONNXTensor: Sendable, Equatable {
  /// Where the elements are.
  package enum Storage: Sendable, Equatable {
    /// Floating-point numbers of any width, as FP32.
    case floats([Float])
    case integers([Int])
    case booleans([Bool])
    /// Elements of any type that are still in the file.
    case payload(ONNXPayload)
  }

  package let shape: [Int]
  package let storage: Storage

  /// A tensor whose elements, or declared elements, are as many as the shape says.
  package init(shape: [Int], storage: Storage) {
    self.shape = shape
    self.storage = storage
  }

  package init(_ shape: [Int], _ elements: [Float]) {
    self.init(shape: shape, storage: .floats(elements))
  }

  package init(_ shape: [Int], _ elements: [Int]) {
    self.init(shape: shape, storage: .integers(elements))
  }

  package var elementCount: Int { shape.reduce(1, *) }

  /// Whether the elements are floating-point numbers.
  package var isFloatingPoint: Bool {
    switch storage {
    case .floats: true
    case .integers, .booleans: false
    case .payload(let payload): payload.elementType.isFloatingPoint
    }
  }

  /// The elements, if they are floating-point numbers.
  package var floats: [Float]? {
    switch storage {
    case .floats(let elements): elements
    case .integers, .booleans: nil
    case .payload(let payload): payload.floats()
    }
  }

  /// The elements, if they are whole numbers.
  package var integers: [Int]? {
    switch storage {
    case .integers(let elements): elements
    case .floats, .booleans: nil
    case .payload(let payload): payload.integers()
    }
  }

  /// The elements, if they are Booleans.
  package var booleans: [Bool]? {
    guard case .booleans(let elements) = storage else { return nil }
    return elements
  }

  /// The elements as a weight of a network.
  ///
  /// - Parameter name: What an error calls the tensor.
  /// - Returns: The tensor, as FP32.
  /// - Throws: ``ONNXError/notAWeight(tensor:found:)`` if they are not floating-point numbers;
  ///   ``ONNXError/nonFinite(tensor:index:value:)``.
  package func weight(named name: String) throws(ONNXError) -> Tensor {
    guard let elements = floats else { throw .notAWeight(tensor: name, found: kind) }
    guard let index = elements.firstIndex(where: { !$0.isFinite }) else {
      return Tensor(Shape(shape), elements)
    }
    throw .nonFinite(tensor: name, index: index, value: elements[index])
  }

  private var kind: String {
    switch storage {
    case .floats: "\(ONNXElementType.float)"
    case .integers: "\(ONNXElementType.int64)"
    case .booleans: "\(ONNXElementType.boolean)"
    case .payload(let payload): "\(payload.elementType)"
    }
  }
}
