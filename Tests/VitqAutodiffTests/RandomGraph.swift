import VitqGraph
import VitqTensor
import VitqTestSupport

/// A random graph of sample operations: chains, diamonds, unused nodes, operands used twice.
struct RandomGraph {
  static let width = 5
  private(set) var graph = Graph()
  private(set) var inputs: [NodeID] = []

  init(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let shape: Shape = [Self.width]
    for i in 0..<2 { inputs.append(try graph.add("x\(i)", SampleInput(shape: shape))) }
    for i in 0..<2 {
      let value = Tensor(shape, generator.floats(Self.width))
      try graph.add("c\(i)", SampleConstant(value: value))
    }
    for i in 0..<Int.random(in: 1...14, using: &generator) {
      func operand() -> NodeID {
        NodeID(index: .random(in: 0..<graph.nodes.count, using: &generator))
      }
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: try graph.add("n\(i)", SampleSum(), [operand(), operand()])
      case 1: try graph.add("n\(i)", SampleProduct(), [operand(), operand()])
      case 2: try graph.add("n\(i)", SampleBell(), [operand()])
      case 3: try graph.add("n\(i)", SampleSquare(), [operand()])
      default: try graph.add("n\(i)", SampleRounding(step: 1), [operand()])
      }
    }
  }
}

/// The evaluation that has a separate array for everything.
struct ReferenceEvaluation {
  private(set) var values: [Tensor] = []
  private(set) var gradients: [Tensor] = []

  /// - Parameters:
  ///   - graph: A graph of sample operations.
  ///   - inputs: The values of the inputs and of constants that are parameters.
  ///   - seeds: ∂L/∂value of some nodes.
  init(_ graph: Graph, inputs: [NodeID: Tensor], seeds: [NodeID: Tensor]) {
    var saved: [Tensor] = []
    for id in graph.ids {
      let node = graph[id]
      var (result, kept) = (Tensor(zeros: node.shape), Tensor(zeros: node.shape))
      if let input = inputs[id] {
        result = input
      } else if let constant = node.operation as? any GraphConstant {
        result = constant.value
      } else {
        result.withMutableView { result in
          kept.withMutableView { kept in
            let operands = node.operands.map { values[$0.index] }
            Self.views(operands[...]) {
              node.operation.forward(ForwardSite(operands: $0, result: result, saved: kept))
            }
          }
        }
      }
      values.append(result)
      saved.append(kept)
    }
    gradients = graph.nodes.map { Tensor(zeros: $0.shape) }
    for (id, seed) in seeds { gradients[id.index] = seed }
    for id in graph.ids.reversed() where !graph[id].operands.isEmpty {
      let node = graph[id]
      for (index, operand) in node.operands.enumerated() {
        var gradient = gradients[operand.index]
        gradient.withMutableView { gradient in
          let slots = node.operands.indices.map {
            $0 == index ? GradientSlot(view: gradient, accumulates: true) : nil
          }
          let operands = node.operands.map { values[$0.index] }
          let others = [values[id.index], saved[id.index], gradients[id.index]]
          Self.views((operands + others)[...]) {
            let count = operands.count
            node.operation.pullback(
              PullbackSite(
                operands: Array($0[..<count]), result: $0[count], saved: $0[count + 1],
                cotangent: $0[count + 2], gradients: slots))
          }
        }
        gradients[operand.index] = gradient
      }
    }
  }

  private static func views(
    _ tensors: ArraySlice<Tensor>, _ prefix: [TensorView] = [], _ body: ([TensorView]) -> Void
  ) {
    guard let first = tensors.first else { return body(prefix) }
    first.withView { views(tensors.dropFirst(), prefix + [$0], body) }
  }
}
