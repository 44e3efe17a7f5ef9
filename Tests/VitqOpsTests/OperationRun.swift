import VitqGraph
import VitqTensor

/// Memory of one value, with guards on both sides that nothing may touch.
final class GuardedValue {
  private static let guardCount = 16
  private static let guardValue: Float = 12345.678
  let view: MutableTensorView
  private let memory: UnsafeMutableBufferPointer<Float>

  init(_ shape: Shape, filledWith fill: Float = .nan, encoding: Encoding = .real) {
    memory = .allocate(capacity: shape.elementCount + 2 * Self.guardCount)
    memory.initialize(repeating: Self.guardValue)
    guard let start = memory.baseAddress else { preconditionFailure("no memory") }
    view = MutableTensorView(shape, start + Self.guardCount, encoding: encoding)
    view.fill(fill)
  }

  convenience init(_ tensor: Tensor, encoding: Encoding = .real) {
    self.init(tensor.shape, encoding: encoding)
    view.copy(from: tensor.elements)
  }

  deinit { memory.deallocate() }

  var tensor: Tensor { view.view.tensor }
  var guardsAreIntact: Bool {
    (memory.prefix(Self.guardCount) + memory.suffix(Self.guardCount))
      .allSatisfy { $0 == Self.guardValue }
  }
}

/// What one forward evaluation of an operation left.
struct ForwardRun {
  let result: Tensor
  let saved: Tensor
  let guardsAreIntact: Bool

  init(
    _ operation: any Operation, _ operands: [Tensor], encodings: [Encoding]? = nil,
    resultEncoding: Encoding = .real
  ) throws {
    let shapes = operands.map(\.shape)
    let result = GuardedValue(try operation.resultShape(shapes), encoding: resultEncoding)
    let saved = GuardedValue([operation.savedCount(shapes)])
    let values = operands.indices.map { index in
      GuardedValue(operands[index], encoding: encodings?[index] ?? .real)
    }
    operation.forward(
      ForwardSite(operands: values.map(\.view.view), result: result.view, saved: saved.view))
    self.result = result.tensor
    self.saved = saved.tensor
    guardsAreIntact = ([result, saved] + values).allSatisfy(\.guardsAreIntact)
  }
}

/// The gradients of an operation, given only what its pullback says it reads.
///
/// Everything else is NaN, so that an undeclared read shows.
func pullback(
  _ operation: any Operation, _ operands: [Tensor], _ forward: ForwardRun, cotangent: Tensor,
  asking asked: Set<Int>, accumulatingOn base: Float? = nil
) -> [Tensor?] {
  let reads = operation.pullbackReads
  let values = operands.indices.map { index in
    reads.operands(forGradientsOf: asked).contains(index)
      ? GuardedValue(operands[index]) : GuardedValue(operands[index].shape)
  }
  let result =
    reads.result ? GuardedValue(forward.result) : GuardedValue(forward.result.shape)
  let (saved, seed) = (GuardedValue(forward.saved), GuardedValue(cotangent))
  let gradients = operands.indices.map { index in
    asked.contains(index) ? GuardedValue(operands[index].shape, filledWith: base ?? .nan) : nil
  }
  operation.pullback(
    PullbackSite(
      operands: values.map(\.view.view), result: result.view.view, saved: saved.view.view,
      cotangent: seed.view.view,
      gradients: gradients.map { gradient in
        gradient.map { GradientSlot(view: $0.view, accumulates: base != nil) }
      }))
  precondition(gradients.allSatisfy { $0?.guardsAreIntact ?? true }, "writes out of bounds")
  return gradients.map { $0?.tensor }
}
