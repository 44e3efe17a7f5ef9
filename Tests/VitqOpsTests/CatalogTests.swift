import Testing
import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

struct CatalogTests {
  @Test func everyOperationHasASample() {
    let sampled = Set(OperationSample.all.map { type(of: $0.operation).mnemonic })
    #expect(Set(OperationCatalog.all.map { $0.mnemonic }) == sampled.union(["input"]))
  }

  @Test func mnemonicsAreDistinct() {
    let mnemonics = OperationCatalog.all.map { $0.mnemonic } + [Constant.mnemonic]
    #expect(Set(mnemonics).count == mnemonics.count)
  }

  @Test(arguments: OperationSample.all)
  func forwardIsTheReferenceInDoublePrecision(_ sample: OperationSample) throws {
    let run = try ForwardRun(sample.operation, sample.operands)
    let expected = sample.reference(sample.operands.map(Values.init)).map { Float($0) }
    #expect(run.guardsAreIntact)
    #expect(sample.tolerance.accepts(run.result.elements, expected))
  }

  @Test(arguments: OperationSample.all)
  func forwardSavesAllItDeclares(_ sample: OperationSample) throws {
    let run = try ForwardRun(sample.operation, sample.operands)
    #expect(run.saved.elements.allSatisfy { !$0.isNaN })
  }

  @Test(arguments: OperationSample.all)
  func pullbackIsTheCentralDifferenceInDoublePrecision(_ sample: OperationSample) throws {
    let run = try ForwardRun(sample.operation, sample.operands)
    let cotangent = OperationSample.tensor(run.result.shape, seed: 99, range: 1)
    let gradients = pullback(
      sample.operation, sample.operands, run, cotangent: cotangent,
      asking: Set(sample.operands.indices))
    for (index, gradient) in gradients.enumerated() {
      let expected = sample.centralDifference(index, along: cotangent).map { Float($0) }
      let found = try #require(gradient)
      #expect(sample.tolerance.accepts(found.elements, expected), "operand \(index)")
    }
  }

  @Test(arguments: OperationSample.all)
  func pullbackAddsWhereItAccumulates(_ sample: OperationSample) throws {
    let run = try ForwardRun(sample.operation, sample.operands)
    let cotangent = OperationSample.tensor(run.result.shape, seed: 98, range: 1)
    for index in sample.operands.indices {
      func gradient(on base: Float?) throws -> [Float] {
        let gradients = pullback(
          sample.operation, sample.operands, run, cotangent: cotangent, asking: [index],
          accumulatingOn: base)
        return try #require(gradients[index]).elements
      }
      let expected = try gradient(on: nil).map { $0 + 3 }
      #expect(Tolerance.rounding.accepts(try gradient(on: 3), expected), "operand \(index)")
    }
  }

  @Test(arguments: OperationSample.all)
  func refusesAnotherNumberOfOperands(_ sample: OperationSample) {
    #expect(throws: ShapeError.self) { try sample.operation.resultShape([]) }
    guard !(sample.operation is Concatenate) else { return }
    let shapes = sample.operands.map(\.shape)
    let found = shapes + (sample.operation is AttentionBias ? [[1], [1]] : [[1]])
    let expected = sample.operation is AttentionBias ? 2 : shapes.count
    #expect(throws: ShapeError.operandCount(expected: expected, found: found.count)) {
      try sample.operation.resultShape(found)
    }
  }
}
