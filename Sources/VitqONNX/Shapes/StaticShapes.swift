/// The shape of every value of a graph whose shapes do not depend on the image.
struct StaticShapes {
  private(set) var shapes: [String: [Int]] = [:]

  init(_ graph: ONNXGraph) throws(TranslationError) {
    for input in graph.inputs { shapes[input.name] = input.fixedShape }
    for (name, tensor) in graph.initializers { shapes[name] = tensor.shape }
    for node in graph.nodes {
      let results = try self.results(of: node, in: graph.initializers)
      for (name, shape) in zip(node.outputs, results) where !name.isEmpty { shapes[name] = shape }
    }
  }

  private func results(
    of node: ONNXNode, in constants: [String: ONNXTensor]
  ) throws(TranslationError) -> [[Int]] {
    try ShapeInference.shapes(of: node, node.inputs.map { shapes[$0] ?? [] }) { index in
      node.operand(index).flatMap { constants[$0] }
    }
  }
}

extension ONNXValueInfo {
  /// The shape with every symbolic dimension 1: the only one that ``ImageInput`` leaves is the batch.
  var fixedShape: [Int] {
    dimensions.map { dimension in
      if case .fixed(let extent) = dimension { extent } else { 1 }
    }
  }
}
