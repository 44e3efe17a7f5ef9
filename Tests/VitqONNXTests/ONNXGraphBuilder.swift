import VitqONNX

/// A small ONNX graph from lines as its dump has them.
struct ONNXGraphBuilder {
  private(set) var graph: ONNXGraph

  init(input shape: [Int], outputs: [String] = ["y"]) {
    graph = ONNXGraph(
      inputs: [
        ONNXValueInfo(
          name: "x", elementType: .float, dimensions: shape.map(ONNXValueInfo.Dimension.fixed))
      ],
      outputs: outputs, initializers: [:], nodes: [])
  }

  mutating func constant(_ name: String, _ shape: [Int], _ elements: [Float]) {
    graph.initializers[name] = ONNXTensor(shape, elements)
  }

  mutating func constant(_ name: String, _ shape: [Int], _ elements: [Int]) {
    graph.initializers[name] = ONNXTensor(shape, elements)
  }

  /// A constant with different elements.
  mutating func ramp(_ name: String, _ shape: [Int]) {
    graph.initializers[name] = ONNXTensor(shape, (0..<shape.reduce(1, *)).map { Float($0) / 8 })
  }

  mutating func add(
    _ output: String, _ type: String, _ inputs: [String],
    _ attributes: [String: ONNXAttribute] = [:], domain: String = ""
  ) {
    graph.nodes.append(
      ONNXNode(
        name: "", operatorType: type, domain: domain, inputs: inputs, outputs: [output],
        attributes: attributes))
  }
}

extension ONNXGraph {
  /// One node a line: `y = Op(x, w) key=value`, attributes that are numbers or texts in order.
  var dump: String {
    nodes.map { node in
      let attributes = node.attributes.sorted { $0.key < $1.key }.compactMap { key, value in
        switch value {
        case .integer(let value): " \(key)=\(value)"
        case .float(let value): " \(key)=\(value)"
        case .string(let value): " \(key)=\(value)"
        case .integers(let values): " \(key)=\(values)"
        default: nil as String?
        }
      }
      let call = "\(node.operatorType)(\(node.inputs.joined(separator: ", ")))"
      return node.outputs.joined(separator: ", ") + " = " + call + attributes.joined()
    }.joined(separator: "\n")
  }

  /// The dump after a pass, and how often it fired.
  func after(_ pass: some ONNXPass) throws -> (dump: String, count: Int, graph: ONNXGraph) {
    var graph = self
    let count = try pass.run(on: &graph)
    return (graph.dump, count, graph)
  }
}
