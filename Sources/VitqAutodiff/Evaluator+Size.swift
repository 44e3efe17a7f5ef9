package import VitqGraph

extension Evaluator {
  /// The bytes an evaluator would plan for itself, without making it.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - constants: The pool made of the same graph.
  ///   - keeping: The nodes whose values would be wanted.
  ///   - seeds: The nodes whose cotangents would be provided.
  ///   - gradients: The nodes whose gradients would be wanted.
  /// - Returns: Bytes.
  package static func plannedByteCount(
    _ graph: Graph, constants: ConstantPool, keeping: [NodeID], seeds: [NodeID] = [],
    gradients: [NodeID] = []
  ) -> Int {
    let plan = EvaluationPlan(
      graph, constants: constants, keeping: Set(keeping), seeds: Set(seeds),
      gradients: Set(gradients))
    return MemoryPlan(plan.lifetimes).elementCount * MemoryLayout<Float>.stride
  }
}
