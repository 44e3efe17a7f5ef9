package import VitqGraph
package import VitqTensor

extension Graph {
  /// Finds the first node whose value is infinite or not a number.
  ///
  /// For errors: it evaluates the graph once more and keeps every value.
  ///
  /// - Parameters:
  ///   - constants: The constants of this graph.
  ///   - inputs: The values of its inputs.
  ///   - bf16: Multiplies matrices in BF16, if not `nil`.
  /// - Returns: Its name, `nil` if there is none.
  package func firstNotFinite(
    _ constants: ConstantPool, at inputs: [(id: NodeID, value: Tensor)], bf16: BF16Products? = nil
  ) -> String? {
    let computed = ids.filter { constants.value($0) == nil }
    let evaluator = Evaluator(self, constants: constants, keeping: computed, bf16: bf16)
    for (id, value) in inputs { value.withView { evaluator.input(id).copy(from: $0) } }
    evaluator.forward()
    return computed.first { !VectorKernels.current.sum(evaluator.value($0)).isFinite }
      .map { self[$0].name }
  }
}
