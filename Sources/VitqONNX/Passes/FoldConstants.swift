/// Computes what does not depend on the image, with a batch of one image.
///
///     Shape(x) → Gather(0) → Concat → Reshape(y, …)     →     Reshape(y, constant)
///
/// All shapes are known then. A transposed weight matrix is left as it is, because
/// ``RecoverLinear`` reads it either way, and results of more than ``elementLimit`` elements are not
/// computed.
package struct FoldConstants: ONNXPass {
  /// The most elements of a result: masks of shifted windows have the most.
  static let elementLimit = 1 << 24

  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var shapes: [String: [Int]] = [:]
    var constants = graph.initializers
    for input in graph.inputs { shapes[input.name] = input.fixedShape }
    for (name, tensor) in constants { shapes[name] = tensor.shape }
    var count = 0
    var kept: [ONNXNode] = []
    for node in graph.nodes {
      let operands = node.inputs.map { $0.isEmpty ? nil : constants[$0] }
      let results = try ShapeInference.shapes(of: node, node.inputs.map { shapes[$0] ?? [] }) {
        operands.indices.contains($0) ? operands[$0] : nil
      }
      for (name, shape) in zip(node.outputs, results) where !name.isEmpty { shapes[name] = shape }
      if let values = try Self.values(of: node, operands, shapes: shapes, results) {
        count += 1
        for (name, value) in zip(node.outputs, values) where !name.isEmpty {
          constants[name] = value
        }
      } else {
        kept.append(node)
      }
    }
    graph.nodes = kept
    graph.initializers = constants
    graph.removeDeadParts()
    return count
  }

  private static func values(
    of node: ONNXNode, _ operands: [ONNXTensor?], shapes: [String: [Int]], _ results: [[Int]]
  ) throws(TranslationError) -> [ONNXTensor]? {
    if node.operatorType == "Shape", let x = shapes[node.inputs[0]] {
      return [ONNXTensor(results[0], Array(x[node.shapeRange(rank: x.count)]))]
    }
    // A constant in the type of an activation, which is floating-point.
    if node.operatorType == "CastLike", operands.first != .some(nil) {
      return try ConstantEvaluation.results(of: node, operands, shapes: results)
    }
    let isConstant = zip(node.inputs, operands).allSatisfy { $0.isEmpty || $1 != nil }
    guard isConstant, !isTransposedWeight(node, operands),
      results.allSatisfy({ $0.reduce(1, *) <= elementLimit })
    else { return nil }
    return try ConstantEvaluation.results(of: node, operands, shapes: results)
  }

  private static func isTransposedWeight(_ node: ONNXNode, _ operands: [ONNXTensor?]) -> Bool {
    guard node.operatorType == "Transpose", let x = operands[0] else { return false }
    return x.isFloatingPoint && x.shape.count == 2 && node.integers("perm") ?? [1, 0] == [1, 0]
  }
}
