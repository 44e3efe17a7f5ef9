/// The shapes of the results of operators (ONNX operator specification).
enum ShapeInference {
  /// The most elements of a value: far more than a network here has, and 32-bit indices reach them.
  static let elementLimit = 1 << 30

  /// The shapes of the results of `node`.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - shapes: The shape of each operand; empty for an absent one.
  ///   - constant: The constant at an operand.
  /// - Returns: One shape for each result.
  /// - Throws: ``TranslationError`` if operands do not fit, or the shape depends on the image.
  static func shapes(
    of node: ONNXNode, _ shapes: [[Int]], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [[Int]] {
    let results =
      node.domain == InternalOperator.domain
      ? [try internalShape(of: node, shapes)]
      : try standardShapes(of: node, shapes, constant: constant)
    for shape in results {
      var count = 1
      for extent in shape {
        let (product, overflows) = count.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !overflows, product <= elementLimit else {
          throw node.unsupported(
            expected: "a result of at most \(elementLimit) elements", found: "shape \(shape)")
        }
        count = product
      }
    }
    return results
  }

  private static func standardShapes(
    of node: ONNXNode, _ shapes: [[Int]], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [[Int]] {
    func expect(_ condition: Bool, _ expected: String) throws(TranslationError) {
      guard condition else {
        throw node.unsupported(
          expected: expected,
          found: shapes.isEmpty ? "no operands" : shapes.map { "\($0)" }.joined(separator: ", "))
      }
    }
    try expect(!shapes.isEmpty, "operands")
    let x = shapes[0]
    switch node.operatorType {
    case "Cast", "CastLike", "Ceil", "Dropout", "Erf", "Floor", "Gelu", "Identity",
      "LayerNormalization", "Neg", "Not", "Reciprocal", "Softmax", "Sqrt", "Tanh":
      return [x]
    case "Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max",
      "Min", "Mod", "Mul", "Or", "Pow", "Sub", "Where":
      var shape = x
      for other in shapes.dropFirst() {
        guard let both = broadcast(shape, other) else {
          throw node.unsupported(
            expected: "operands that broadcast to one shape", found: "\(shape) and \(other)")
        }
        shape = both
      }
      return [shape]
    case "MatMul": return [try product(node, shapes)]
    case "Gemm":
      try expect(shapes.count >= 2 && x.count == 2 && shapes[1].count == 2, "two matrices")
      let (rows, depth) = node.integer("transA") == 1 ? (x[1], x[0]) : (x[0], x[1])
      let w = shapes[1]
      let (inputs, columns) = node.integer("transB") == 1 ? (w[1], w[0]) : (w[0], w[1])
      try expect(depth == inputs, "matrices that fit")
      return [[rows, columns]]
    case "Conv": return [try ConvolutionWindow(node, shapes).result]
    case "GlobalAveragePool":
      try expect(x.count >= 3, "an operand of rank 3 or more")
      return [Array(x[..<2]) + x[2...].map { _ in 1 }]
    case "ReduceMean", "ReduceProd":
      let axes = try Axes(of: node, rank: x.count, constant: constant)
      let keeps = node.integer("keepdims") ?? 1 != 0
      return [x.indices.compactMap { axes.contains($0) ? (keeps ? 1 : nil) : x[$0] }]
    case "Shape":
      let range = node.shapeRange(rank: x.count)
      return [[range.count]]
    case "Attention":
      try expect(shapes.count >= 3 && x.count == shapes[2].count, "queries, keys and values")
      if x.count == 4 { return [[x[0], x[1], x[2], shapes[2][3]]] }
      try expect(x.count == 3, "operands of rank 3 or 4")
      return [[x[0], x[1], shapes[2][2]]]
    default: return try movedShapes(of: node, shapes, constant: constant)
    }
  }

  private static func internalShape(
    of node: ONNXNode, _ shapes: [[Int]]
  ) throws(TranslationError) -> [Int] {
    guard let type = InternalOperator(rawValue: node.operatorType), let x = shapes.first else {
      throw .unsupportedOperator(.init(node))
    }
    switch type {
    case .linear:
      let w = shapes[1]
      return x.dropLast() + [node.integer("transposed") == 1 ? w[1] : w[0]]
    case .patchEmbedding:
      let side = node.integer("side") ?? 1
      return [1, (x[2] / side) * (x[3] / side), shapes[1][0]]
    case .meanRows: return [1, x[x.count - 1]]
    case .matMul:
      let b = shapes[1]
      return x.dropLast() + [node.integer("transposed") == 1 ? b[b.count - 2] : b[b.count - 1]]
    case .attentionBias: return x
    case .arrange: return node.integers("shape") ?? x
    }
  }

  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    var shape: [Int] = []
    for axis in 0..<max(a.count, b.count) {
      let i = a.count > axis ? a[a.count - 1 - axis] : 1
      let j = b.count > axis ? b[b.count - 1 - axis] : 1
      guard i == j || i == 1 || j == 1 else { return nil }
      shape.append(i == 1 ? j : i)
    }
    return shape.reversed()
  }

  private static func product(
    _ node: ONNXNode, _ shapes: [[Int]]
  ) throws(TranslationError) -> [Int] {
    guard shapes.count == 2, let a = shapes.first, let b = shapes.last, a.count >= 2,
      b.count >= 2, a[a.count - 1] == b[b.count - 2],
      let lead = broadcast(a.dropLast(2), b.dropLast(2))
    else {
      throw node.unsupported(
        expected: "matrices that fit",
        found: shapes.map { "\($0)" }.joined(separator: " and "))
    }
    return lead + [a[a.count - 2], b[b.count - 1]]
  }
}

/// The axes that a reduction, `Squeeze` or `Unsqueeze` names: an attribute, later an operand.
struct Axes {
  private let axes: Set<Int>
  private let isEverything: Bool

  init(
    of node: ONNXNode, rank: Int, constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) {
    if node.operand(1) != nil, constant(1)?.integers == nil { throw node.dependsOnImage("axes") }
    let listed = node.integers("axes") ?? constant(1)?.integers ?? []
    let places = listed.map { $0 < 0 ? $0 + rank : $0 }
    guard places.allSatisfy({ (0..<rank).contains($0) }) else {
      throw node.unsupported(expected: "axes of a tensor of rank \(rank)", found: "\(listed)")
    }
    axes = Set(places)
    isEverything = listed.isEmpty && node.integer("noop_with_empty_axes") != 1
  }

  /// Whether no axis was named, which means all of them or, for some operators, those of extent 1.
  var isUnspecified: Bool { axes.isEmpty }

  func contains(_ axis: Int) -> Bool { isEverything || axes.contains(axis) }
}

extension ONNXNode {
  /// The axes whose extents `Shape` gives.
  func shapeRange(rank: Int) -> Range<Int> {
    func place(_ name: String, default standard: Int) -> Int {
      let axis = integer(name) ?? standard
      return min(max(axis < 0 ? axis + rank : axis, 0), rank)
    }
    let start = place("start", default: 0)
    return start..<max(place("end", default: rank), start)
  }
}
