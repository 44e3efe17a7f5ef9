package import VitqGraph
package import VitqTensor

/// Evaluates a graph, and differentiates it in reverse, in memory planned once.
///
/// Only what the kept values and the seeds depend on is evaluated, and only what lies between the
/// seeds and the nodes whose gradients are wanted is pulled back. A value's memory serves another
/// after its last reader. Once made, an evaluator allocates nothing; products in BF16 take the memory
/// of the largest at the first.
///
/// One evaluator belongs to one thread; any number of them share a ``ConstantPool``.
package final class Evaluator {
  private enum Step {
    case decode(Decoding)
    case evaluate(any Operation, ForwardSite)
  }

  private let constants: ConstantPool
  private let arena: Arena
  private var forwardSteps: [Step] = []
  private var backwardSteps: [(operation: any Operation, site: PullbackSite)] = []
  private var inputs: [NodeID: MutableTensorView] = [:]
  private var values: [NodeID: TensorView] = [:]
  private var cotangents: [NodeID: MutableTensorView] = [:]
  private var gradients: [NodeID: TensorView] = [:]

  /// Plans an evaluation.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - constants: The pool made of the same graph.
  ///   - keeping: The nodes whose values are wanted.
  ///   - arithmetic: That of `constants`; differentiation needs real arithmetic.
  ///   - seeds: The nodes whose cotangents ∂L/∂value the caller provides.
  ///   - gradients: The nodes whose gradients ∂L/∂value are wanted. A constant among them is a
  ///     parameter: the evaluator holds its own copy, which ``input(_:)`` lets the caller change.
  ///   - bf16: Multiplies real matrices in BF16; FP32 if `nil`. Evaluators of one thread can share it.
  package init(
    _ graph: Graph, constants: ConstantPool, keeping: [NodeID], arithmetic: Arithmetic = .real,
    seeds: [NodeID] = [], gradients: [NodeID] = [], bf16: BF16Products? = nil
  ) {
    precondition(arithmetic == constants.arithmetic, "the constants are in other arithmetic")
    precondition(arithmetic == .real || gradients.isEmpty, "integers have no derivatives")
    let plan = EvaluationPlan(
      graph, constants: constants, keeping: Set(keeping), seeds: Set(seeds),
      gradients: Set(gradients))
    let memory = MemoryPlan(plan.lifetimes)
    let arena = Arena(elementCount: memory.elementCount)
    self.constants = constants
    self.arena = arena

    func place(_ lifetime: Int?, _ shape: Shape, _ encoding: Encoding = .real)
      -> MutableTensorView?
    {
      lifetime.map { arena.view(at: memory.offsets[$0], shape, encoding) }
    }
    func ownValue(_ id: NodeID) -> MutableTensorView? {
      place(plan.values[id.index], graph[id].shape, constants.encodings.ofResult[id.index])
    }
    func value(_ id: NodeID) -> TensorView {
      guard let value = ownValue(id)?.view ?? constants.value(id) else {
        preconditionFailure("node '\(graph[id].name)' is not evaluated")
      }
      return value
    }
    func decodedValue(_ id: NodeID) -> MutableTensorView? {
      place(plan.decoded[id.index], graph[id].shape)
    }
    func operands(_ id: NodeID) -> [TensorView] {
      graph[id].operands.map { operand in
        guard constants.encodings.isDecoded(operand, for: id) else { return value(operand) }
        return decodedValue(operand)?.view ?? constants.decodedValue(operand) ?? value(operand)
      }
    }
    func saved(_ id: NodeID) -> MutableTensorView {
      guard let index = plan.saved[id.index] else { return arena.view(at: 0, [0]) }
      return arena.view(at: memory.offsets[index], [plan.lifetimes[index].elementCount])
    }
    func cotangent(_ id: NodeID) -> MutableTensorView? {
      place(plan.cotangents[id.index], graph[id].shape)
    }

    for step in plan.forward {
      switch step {
      case .decode(let id):
        guard let target = decodedValue(id) else { continue }
        forwardSteps.append(.decode(Decoding(source: value(id), target: target)))
      case .evaluate(let id):
        guard let result = ownValue(id) else { continue }
        let site = ForwardSite(operands: operands(id), result: result, saved: saved(id), bf16: bf16)
        forwardSteps.append(.evaluate(graph[id].operation, site))
      }
    }

    var isWritten = Set(seeds)
    for id in plan.backward {
      guard let cotangent = cotangent(id) else { continue }
      let slots = graph[id].operands.map { operand -> GradientSlot? in
        guard plan.isOnPath[operand.index] else { return nil }
        let isFirst = isWritten.insert(operand).inserted
        return place(plan.cotangents[operand.index], graph[operand].shape)
          .map { GradientSlot(view: $0, accumulates: !isFirst) }
      }
      let site = PullbackSite(
        operands: operands(id), result: value(id), saved: saved(id).view,
        cotangent: cotangent.view, gradients: slots, bf16: bf16)
      backwardSteps.append((graph[id].operation, site))
    }

    for id in graph.ids where graph[id].operands.isEmpty {
      guard let own = ownValue(id) else { continue }
      inputs[id] = own
      if let constant = constants.value(id) { own.copy(from: constant) }
    }
    for id in keeping { values[id] = value(id) }
    for id in seeds { cotangents[id] = cotangent(id) }
    for id in gradients { self.gradients[id] = cotangent(id)?.view }
  }

  /// The bytes of planned memory, without the constants.
  package var byteCount: Int { arena.elementCount * MemoryLayout<Float>.stride }

  /// Where to write an input, or a constant whose gradient is wanted; it stays until changed.
  package func input(_ id: NodeID) -> MutableTensorView { found(inputs[id], "input", id) }

  /// The value of a kept node, as of the last ``forward()``.
  package func value(_ id: NodeID) -> TensorView { found(values[id], "kept value", id) }

  /// Where to write ∂L/∂value of a seed before each ``backward()``, which overwrites it.
  package func cotangent(_ id: NodeID) -> MutableTensorView { found(cotangents[id], "seed", id) }

  /// ∂L/∂value of a node of `gradients`, as of the last ``backward()``.
  package func gradient(_ id: NodeID) -> TensorView { found(gradients[id], "gradient", id) }

  package func forward() {
    for step in forwardSteps {
      switch step {
      case .decode(let decoding): decoding()
      case .evaluate(let operation, let site): operation.forward(site)
      }
    }
  }

  /// Pulls the seeds' cotangents back; follows a ``forward()``.
  package func backward() {
    for step in backwardSteps { step.operation.pullback(step.site) }
  }

  private func found<View>(_ view: View?, _ role: String, _ id: NodeID) -> View {
    guard let view else { preconditionFailure("node \(id.index) is no \(role)") }
    return view
  }
}
