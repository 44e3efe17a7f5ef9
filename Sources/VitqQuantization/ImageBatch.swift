import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// One operation applied to the values of every calibration image.
struct ImageBatch {
  /// What an operation reads.
  enum Operand {
    /// The same for every image.
    case constant(Tensor)
    /// A constant after an operation on it, such as a quantized weight.
    case derived(any Operation, Tensor)
    /// One value for each image.
    case values([Tensor])
  }

  let count: Int
  let workers: Workers

  func apply(
    _ operation: any Operation, to operands: [Operand]
  ) throws(GraphError) -> [Tensor] {
    var graph = Graph()
    var ids: [NodeID] = []
    var inputs: [(id: NodeID, values: [Tensor])] = []
    for (i, operand) in operands.enumerated() {
      switch operand {
      case .constant(let tensor): ids.append(try graph.add("\(i)", Constant(tensor)))
      case .derived(let operation, let tensor):
        let constant = try graph.add("\(i).constant", Constant(tensor))
        ids.append(try graph.add("\(i)", operation, [constant]))
      case .values(let values):
        let id = try graph.add("\(i)", Input(values[0].shape))
        ids.append(id)
        inputs.append((id, values))
      }
    }
    let result = try graph.add("result", operation, ids)
    graph.outputs = [result]
    let pool = ConstantPool(graph)
    return workers.map(count) { [graph] in
      Evaluator(graph, constants: pool, keeping: [result])
    } body: { [inputs] evaluator, image in
      for input in inputs {
        input.values[image].withView { evaluator.input(input.id).copy(from: $0) }
      }
      evaluator.forward()
      return evaluator.value(result).tensor
    }
  }
}
