package import VitqTensor

/// One kind of computation: a value type whose stored properties are its attributes.
///
/// A conforming type says all there is to say about the operation, in one file. The
/// requirements below have no default, so an operation that lacks one does not compile.
///
/// A graph describes one image: values have no batch axis, and work on many images is split
/// between evaluators.
package protocol Operation: Equatable, Sendable {
  /// The name in dumps, archives and messages, such as `layer_norm`.
  static var mnemonic: String { get }

  /// The shape of the result for operands of the given shapes.
  ///
  /// Every rule on operands is checked here, once, when a node is added to a graph.
  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape

  /// How the result is encoded if operands may be integers.
  ///
  /// `nil` means that this operation reads real operands only; the evaluator then decodes them
  /// first and the result is real.
  func resultEncoding(_ operands: [Encoding]) -> Encoding?

  /// The number of elements that ``forward(_:)`` leaves behind for ``pullback(_:)``.
  func savedCount(_ operands: [Shape]) -> Int

  /// What ``pullback(_:)`` reads of the forward evaluation; the evaluator keeps only that.
  var pullbackReads: PullbackReads { get }

  /// Writes every element of `site.result`, and of `site.saved` if there is any.
  func forward(_ site: ForwardSite)

  /// The vector–Jacobian product: for each operand with a slot in `site.gradients`,
  /// writes or adds ∂L/∂operand given `site.cotangent` = ∂L/∂result. Values are real here.
  func pullback(_ site: PullbackSite)
}

extension Operation {
  package func isEqual(to other: any Operation) -> Bool { self == (other as? Self) }
}

/// The values that a pullback reads.
package struct PullbackReads: Equatable, Sendable {
  /// Indices of operands, whatever gradients are wanted.
  package var operands: Set<Int>
  package var result: Bool
  private var byGradient: [Set<Int>]?

  package init(operands: Set<Int> = [], result: Bool = false) {
    self.operands = operands
    self.result = result
  }

  /// What is read for the gradient of each operand, in their order.
  package init(byGradient: [Set<Int>], result: Bool = false) {
    operands = byGradient.reduce(into: []) { $0.formUnion($1) }
    self.result = result
    self.byGradient = byGradient
  }

  /// Indices of the operands that are read if the gradients of `wanted` are.
  package func operands(forGradientsOf wanted: Set<Int>) -> Set<Int> {
    guard let byGradient else { return operands }
    return wanted.reduce(into: []) { $0.formUnion(byGradient[$1]) }
  }
}

/// The memory of one forward evaluation of one node.
package struct ForwardSite {
  package let operands: [TensorView]
  package let result: MutableTensorView
  /// Elements to keep for the pullback; shape [savedCount].
  package let saved: MutableTensorView
  /// Multiplies real matrices in BF16, if not `nil`.
  package let bf16: BF16Products?

  package init(
    operands: [TensorView], result: MutableTensorView, saved: MutableTensorView,
    bf16: BF16Products? = nil
  ) {
    self.operands = operands
    self.result = result
    self.saved = saved
    self.bf16 = bf16
  }
}

/// The memory of one pullback of one node.
package struct PullbackSite {
  /// The operands; only constants and those that the wanted gradients read hold their values.
  package let operands: [TensorView]
  /// The result; holds its values only if ``PullbackReads/result``.
  package let result: TensorView
  package let saved: TensorView
  package let cotangent: TensorView
  /// Where to put ∂L/∂operand; `nil` for an operand whose gradient nobody asked for.
  package let gradients: [GradientSlot?]
  /// Multiplies matrices in BF16, if not `nil`.
  package let bf16: BF16Products?

  package init(
    operands: [TensorView], result: TensorView, saved: TensorView, cotangent: TensorView,
    gradients: [GradientSlot?], bf16: BF16Products? = nil
  ) {
    self.operands = operands
    self.result = result
    self.saved = saved
    self.cotangent = cotangent
    self.gradients = gradients
    self.bf16 = bf16
  }
}

/// The place of one gradient.
package struct GradientSlot {
  package let view: MutableTensorView
  /// Whether to add to what is there instead of overwriting it.
  package let accumulates: Bool

  package init(view: MutableTensorView, accumulates: Bool) {
    self.view = view
    self.accumulates = accumulates
  }
}

/// Why an operation does not accept its operands.
package enum ShapeError: Error, Equatable {
  case operandCount(expected: Int, found: Int)
  case mismatch(operand: Int, expected: Shape, found: Shape)
  case unsupported(operand: Int, found: Shape, requirement: String)
}

extension ShapeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .operandCount(let expected, let found): "expected \(expected) operands, found \(found)"
    case .mismatch(let operand, let expected, let found):
      "operand \(operand): expected shape \(expected), found \(found)"
    case .unsupported(let operand, let found, let requirement):
      "operand \(operand): expected \(requirement), found \(found)"
    }
  }
}
