import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

extension Graph {
  /// The outputs for one input.
  func evaluated(on input: Tensor) throws -> [Tensor] {
    let evaluator = Evaluator(self, constants: ConstantPool(self), keeping: outputs)
    for id in ids where self[id].operation is Input {
      input.withView { evaluator.input(id).copy(from: $0) }
    }
    evaluator.forward()
    return outputs.map { evaluator.value($0).tensor }
  }

  func constant(named name: String) -> Tensor? {
    (nodes.first { $0.name == name }?.operation as? Constant)?.value
  }
}
