package import VitqTensor

/// An operation without operands whose value the caller writes before each evaluation.
///
/// The evaluator owns the memory; ``Operation/forward(_:)`` and ``Operation/pullback(_:)`` are
/// never called.
package protocol GraphInput: Operation {}

/// An operation without operands whose value is part of the graph.
///
/// The evaluator reads ``value`` once; ``Operation/forward(_:)`` and
/// ``Operation/pullback(_:)`` are never called.
package protocol GraphConstant: Operation {
  var value: Tensor { get }
}
