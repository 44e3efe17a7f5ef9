import Testing
import VitqAutodiff
import VitqGraph
import VitqTensor

struct IntegerArithmeticTests {
  /// x → rounding → probe (integer in, integer out) → sum with a rounded constant (real only).
  private struct Sample {
    var graph = Graph()
    let x, rounded, probed, weight, sum: NodeID

    init() throws {
      let shape: Shape = [3]
      x = try graph.add("x", SampleInput(shape: shape))
      let constant = try graph.add("c", SampleConstant(value: Tensor(shape, [1.2, -0.4, 2])))
      weight = try graph.add("w", SampleRounding(step: 1), [constant])
      rounded = try graph.add("rounded", SampleRounding(step: 0.5), [x])
      probed = try graph.add("probed", SampleProbe(count: SampleProbe.Count()), [rounded])
      sum = try graph.add("sum", SampleSum(), [probed, weight])
    }
  }

  private func evaluator(_ sample: Sample, _ arithmetic: Arithmetic) -> Evaluator {
    let constants = ConstantPool(sample.graph, arithmetic: arithmetic)
    let evaluator = Evaluator(
      sample.graph, constants: constants, keeping: [sample.probed, sample.weight, sample.sum],
      arithmetic: arithmetic)
    evaluator.input(sample.x).copy(from: [0.6, -1.3, 5])
    evaluator.forward()
    return evaluator
  }

  @Test func carriesCodesThroughOperationsThatAcceptThem() throws {
    let sample = try Sample()
    let value = evaluator(sample, .integer).value(sample.probed)
    #expect(value.encoding == .integer(scales: [0.5], zeroPoints: [3]))
    #expect(value.tensor.elements == [4, 0, 13])
  }

  @Test func keepsConstantsAsCodes() throws {
    let sample = try Sample()
    let value = evaluator(sample, .integer).value(sample.weight)
    #expect(value.encoding == .integer(scales: [1], zeroPoints: [3]))
    #expect(value.tensor.elements == [4, 3, 5])
  }

  @Test func decodesForOperationsThatReadRealNumbers() throws {
    let sample = try Sample()
    let (integer, real) = (evaluator(sample, .integer), evaluator(sample, .real))
    #expect(integer.value(sample.sum).encoding == .real)
    #expect(integer.value(sample.sum).tensor.elements == [1.5, -1.5, 7])
    #expect(real.value(sample.sum).tensor.elements == [1.5, -1.5, 7])
  }

  @Test func anOperationThatRejectsCodesMayEncodeItsResultAgain() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: [2]))
    let fine = try graph.add("fine", SampleRounding(step: 0.5), [x])
    let coarse = try graph.add("coarse", SampleRounding(step: 2), [fine])
    let constants = ConstantPool(graph, arithmetic: .integer)
    let evaluator = Evaluator(
      graph, constants: constants, keeping: [coarse], arithmetic: .integer)
    evaluator.input(x).copy(from: [1.4, -6.1])
    evaluator.forward()
    #expect(evaluator.value(coarse).encoding == .integer(scales: [2], zeroPoints: [3]))
    #expect(evaluator.value(coarse).tensor.elements == [4, 0])
  }

  @Test func decodesByTheFirstAxis() throws {
    var graph = Graph()
    let rows = try graph.add("rows", SampleRows())
    let x = try graph.add("x", SampleInput(shape: [2, 2]))
    let sum = try graph.add("sum", SampleSum(), [rows, x])
    let constants = ConstantPool(graph, arithmetic: .integer)
    let evaluator = Evaluator(graph, constants: constants, keeping: [sum], arithmetic: .integer)
    evaluator.forward()
    #expect(evaluator.value(sum).tensor.elements == [0.5, 1, -10, 0])
  }
}

/// A constant [2, 2] of codes with a scale and a zero point for each row.
private struct SampleRows: GraphConstant {
  static let mnemonic = "rows"
  let value = Tensor([2, 2], [2, 3, 4, 5])

  func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape { value.shape }
  func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    .integer(scales: [0.5, 10], zeroPoints: [1, 5])
  }
  func savedCount(_ operands: [Shape]) -> Int { 0 }
  let pullbackReads = PullbackReads()
  func forward(_ site: ForwardSite) { preconditionFailure("a constant is not evaluated") }
  func pullback(_ site: PullbackSite) { preconditionFailure("a constant has no operands") }
}
