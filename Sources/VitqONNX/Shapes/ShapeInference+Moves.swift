extension ShapeInference {
  /// The shapes of the results of operators that move elements or make tensors of a given shape.
  static func movedShapes(
    of node: ONNXNode, _ shapes: [[Int]], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [[Int]] {
    let x = shapes[0]
    let rank = x.count
    switch node.operatorType {
    case "Concat": return [try concatenated(node, shapes)]
    case "ConstantOfShape":
      guard let shape = constant(0)?.integers else { throw node.dependsOnImage("shape") }
      return [shape]
    case "Expand":
      guard let shape = constant(1)?.integers, let both = broadcast(x, shape) else {
        throw node.dependsOnImage("shape that the operand can have")
      }
      return [both]
    case "Flatten":
      let axis = node.integer("axis") ?? 1
      let place = axis < 0 ? axis + rank : axis
      guard (0...rank).contains(place) else {
        throw node.unsupported(expected: "an axis of rank \(rank)", found: "axis \(axis)")
      }
      return [[x[..<place].reduce(1, *), x[place...].reduce(1, *)]]
    case "Gather":
      let axis = try node.axis(default: 0, rank: rank)
      guard shapes.count == 2 else { throw node.dependsOnImage("indices") }
      return [x[..<axis] + shapes[1] + x[(axis + 1)...]]
    case "GatherND":
      guard shapes.count == 2, let depth = shapes[1].last, (1...rank).contains(depth),
        node.integer("batch_dims") ?? 0 == 0
      else { throw node.dependsOnImage("indices of slices, without batch axes") }
      return [shapes[1].dropLast() + x[depth...]]
    case "Pad":
      guard let padding = try Padding(of: node, rank: rank, constant: constant) else {
        throw node.unsupported(
          expected: "zeros", found: "mode \(node.string("mode") ?? "constant") with another value")
      }
      return [x.indices.map { x[$0] + padding.before[$0] + padding.after[$0] }]
    case "Range":
      guard let count = Self.rangeCount(constant) else { throw node.dependsOnImage("bounds") }
      return [[count]]
    case "Reshape": return [try reshaped(node, x, constant: constant)]
    case "Slice":
      var shape = x
      for range in try SliceRange.ranges(of: node, shape: x, constant: constant) {
        shape[range.axis] = range.count
      }
      return [shape]
    case "Split": return try split(node, x, constant: constant)
    case "Squeeze":
      let axes = try Axes(of: node, rank: rank, constant: constant)
      return [
        x.indices.compactMap { axis in
          (axes.isUnspecified || axes.contains(axis)) && x[axis] == 1 ? nil : x[axis]
        }
      ]
    case "Unsqueeze":
      let count = (node.integers("axes") ?? constant(1)?.integers ?? []).count
      let axes = try Axes(of: node, rank: rank + count, constant: constant)
      var extents = x.makeIterator()
      return [(0..<(rank + count)).map { axes.contains($0) ? 1 : extents.next() ?? 1 }]
    case "Transpose":
      let permutation = node.integers("perm") ?? Array((0..<rank).reversed())
      guard permutation.sorted() == Array(0..<rank) else {
        throw node.unsupported(
          expected: "a permutation of \(rank) axes", found: "\(permutation)")
      }
      return [permutation.map { x[$0] }]
    default: throw .unsupportedOperator(.init(node))
    }
  }

  /// The number of elements of `Range` of whole numbers.
  private static func rangeCount(_ constant: (Int) -> ONNXTensor?) -> Int? {
    guard let start = constant(0)?.integers?.first, let limit = constant(1)?.integers?.first,
      let delta = constant(2)?.integers?.first, delta != 0
    else { return nil }
    let (first, last) = delta > 0 ? (start, limit) : (limit, start)
    let (length, overflows) = last.subtractingReportingOverflow(first)
    guard !overflows, delta > Int.min else { return nil }
    return length <= 0 ? 0 : (length - 1) / abs(delta) + 1
  }

  private static func concatenated(
    _ node: ONNXNode, _ shapes: [[Int]]
  ) throws(TranslationError) -> [Int] {
    var shape = shapes[0]
    let axis = try node.axis(default: 0, rank: shape.count)
    for other in shapes.dropFirst() {
      guard other.count == shape.count,
        shape.indices.allSatisfy({ $0 == axis || shape[$0] == other[$0] })
      else {
        throw node.unsupported(
          expected: "operands that differ in axis \(axis) only", found: "\(shape) and \(other)")
      }
      shape[axis] += other[axis]
    }
    return shape
  }

  private static func reshaped(
    _ node: ONNXNode, _ x: [Int], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [Int] {
    guard let target = constant(1)?.integers else { throw node.dependsOnImage("shape") }
    let count = x.reduce(1, *)
    let takesZero = node.integer("allowzero") == 1
    var shape: [Int] = []
    for (axis, extent) in target.enumerated() {
      shape.append(extent == 0 && !takesZero && x.indices.contains(axis) ? x[axis] : extent)
    }
    if let free = shape.firstIndex(of: -1) {
      let known = shape.indices.reduce(1) { product, axis in
        axis == free ? product : product.multipliedReportingOverflow(by: shape[axis]).partialValue
      }
      shape[free] = known > 0 && count % known == 0 ? count / known : -1
    }
    let product = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard shape.allSatisfy({ $0 >= 0 }), product == count else {
      throw node.unsupported(expected: "a shape of \(count) elements", found: "\(target)")
    }
    return shape
  }

  private static func split(
    _ node: ONNXNode, _ x: [Int], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [[Int]] {
    let axis = try node.axis(default: 0, rank: x.count)
    let count = node.outputs.count
    let even = (x[axis] + count - 1) / max(count, 1)
    let sizes =
      node.integers("split") ?? constant(1)?.integers
      ?? (0..<count).map { min(even, x[axis] - $0 * even) }
    guard sizes.count == count, sizes.allSatisfy({ (0...x[axis]).contains($0) }),
      sizes.reduce(0, +) == x[axis]
    else {
      throw node.unsupported(
        expected: "\(count) parts of \(x[axis]) elements", found: "parts of \(sizes)")
    }
    return sizes.map { size in
      var shape = x
      shape[axis] = size
      return shape
    }
  }
}

/// The geometry of a two-dimensional convolution.
struct ConvolutionWindow {
  let kernel: [Int]
  let strides: [Int]
  let isPlain: Bool
  let result: [Int]

  init(_ node: ONNXNode, _ shapes: [[Int]]) throws(TranslationError) {
    guard shapes.count >= 2, shapes[0].count == 4, shapes[1].count == 4 else {
      throw node.unsupported(
        expected: "an image and a kernel of rank 4",
        found: shapes.map { "\($0)" }.joined(separator: ", "))
    }
    let (x, w) = (shapes[0], shapes[1])
    kernel = Array(w[2...])
    let strides = node.integers("strides") ?? [1, 1]
    self.strides = strides
    isPlain =
      (node.integer("group") ?? 1) == 1 && x[1] == w[1]
      && (node.integers("dilations") ?? [1, 1]).allSatisfy { $0 == 1 }
      && (node.integers("pads") ?? [0]).allSatisfy { $0 == 0 }
      && ["NOTSET", "VALID"].contains(node.string("auto_pad") ?? "NOTSET")
      && (node.integers("kernel_shape") ?? kernel) == kernel
      && strides.count == 2 && strides.allSatisfy { $0 > 0 }
      && zip(x[2...], kernel).allSatisfy { $0 >= $1 && $1 > 0 }
    guard isPlain else {
      throw node.unsupported(
        expected: "one group, no dilation and no padding",
        found: node.attributes.keys.sorted().compactMap { key in
          node.integers(key).map { "\(key) \($0)" } ?? node.integer(key).map { "\(key) \($0)" }
        }.joined(separator: ", "))
    }
    result = [
      x[0], w[0], (x[2] - kernel[0]) / strides[0] + 1, (x[3] - kernel[1]) / strides[1] + 1,
    ]
  }
}
