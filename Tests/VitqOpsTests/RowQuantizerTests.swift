import Testing
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

/// Values whose rows have quantizers of their own, in integer arithmetic.
struct RowQuantizerTests {
  /// The codes, behind them step and zero point of each row.
  private func stored(_ operation: FakeQuantizeRows, _ x: Tensor, _ encoding: Encoding) -> Tensor {
    var memory = Tensor(zeros: [Encoding.integerRows.storedCount(x.shape)])
    x.withView { x in
      memory.withMutableView { memory in
        var saved = Tensor(zeros: [0])
        saved.withMutableView {
          operation.forward(
            ForwardSite(
              operands: [TensorView(x.shape, x.pointer, encoding: encoding)],
              result: MutableTensorView(x.shape, memory.pointer, encoding: .integerRows), saved: $0)
          )
        }
      }
    }
    return memory
  }

  @Test(arguments: [Encoding.real, .integer(scales: [0.03], zeroPoints: [2])])
  func codesAndScalesStandForTheRoundedValues(_ encoding: Encoding) throws {
    let x = OperationSample.tensor([5, 33], seed: 60, range: 40)
    let operation = FakeQuantizeRows(bits: 4)
    #expect(operation.resultEncoding([encoding]) == .integerRows)
    let rounded = try ForwardRun(operation, [x], encodings: [encoding]).result
    let memory = stored(operation, x, encoding).elements
    for row in 0..<5 {
      let (step, zeroPoint) = (memory[5 * 33 + 2 * row], memory[5 * 33 + 2 * row + 1])
      #expect(step > 0 && (0...15).contains(zeroPoint))
      for column in 0..<33 {
        let code = memory[row * 33 + column]
        #expect((0...15).contains(code) && code == code.rounded())
        #expect(step * (code - zeroPoint) == rounded.elements[row * 33 + column])
      }
    }
  }

  /// What moves elements, or quantizes them again, reads them decoded.
  @Test func onlyLayersReadTheCodes() {
    let rows = Encoding.integerRows
    let weights = Encoding.integer(scales: [1], zeroPoints: [0])
    #expect(Linear().resultEncoding([rows, weights, .real]) == .real)
    #expect(Linear().resultEncoding([rows, .real, .real]) == nil)
    #expect(Linear().resultEncoding([weights, rows, .real]) == nil)
    #expect(SelectRows(first: 0, count: 1).resultEncoding([rows]) == nil)
    #expect(FakeQuantizeRows(bits: 4).resultEncoding([rows]) == nil)
    let quantizer = UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: 0, maximumCode: 1)
    #expect(FakeQuantize([quantizer]).resultEncoding([rows]) == nil)
  }

  /// Sums on both sides of 2²⁴.
  @Test(arguments: [(24, 4, 8), (700, 8, 127)])
  func linearRescalesExactSums(_ depth: Int, _ bits: Int, _ zeroPoint: Int) throws {
    let (tokens, outputs) = (5, 6)
    let x = OperationSample.tensor([tokens, depth], seed: 61, range: 3)
    let memory = stored(FakeQuantizeRows(bits: bits), x, .real)
    var generator = SplitMix64(seed: 62)
    let w = (0..<outputs * depth).map { _ in Int.random(in: 0...255, using: &generator) }
    let steps = OperationSample.tensor([outputs], seed: 63).elements.map { abs($0) + 0.01 }
    let zeroPoints = (0..<outputs).map { zeroPoint - $0 }
    let bias = OperationSample.tensor([outputs], seed: 64)
    let weights = Tensor([outputs, depth], w.map { Float($0) })
    var result = Tensor(zeros: [tokens, outputs])
    memory.withView { memory in
      weights.withView { weights in
        bias.withView { bias in
          result.withMutableView { result in
            Linear().forward(
              ForwardSite(
                operands: [
                  TensorView([tokens, depth], memory.pointer, encoding: .integerRows),
                  TensorView(
                    weights.shape, weights.pointer,
                    encoding: .integer(scales: steps, zeroPoints: zeroPoints.map { Float($0) })),
                  bias,
                ], result: result, saved: result))
          }
        }
      }
    }
    for n in 0..<tokens {
      let scale = memory.elements[tokens * depth + 2 * n]
      let rowZero = memory.elements[tokens * depth + 2 * n + 1]
      for o in 0..<outputs {
        let centred = (0..<depth).map { w[o * depth + $0] - zeroPoints[o] }
        let total = (0..<depth).reduce(0) {
          $0 + Int(memory.elements[n * depth + $1]) * centred[$1]
        }
        let sum = Float(total).addingProduct(-rowZero, Float(centred.reduce(0, +)))
        let expected = bias.elements[o].addingProduct(sum, scale * steps[o])
        #expect(result.elements[n * outputs + o] == expected)
      }
    }
  }

  @Test func refusesOtherBitsAndShapes() {
    #expect(throws: ShapeError.self) { try FakeQuantizeRows(bits: 0).resultShape([[2, 3]]) }
    #expect(throws: ShapeError.self) { try FakeQuantizeRows(bits: 9).resultShape([[2, 3]]) }
    #expect(throws: ShapeError.self) { try FakeQuantizeRows(bits: 4).resultShape([[2, 3, 4]]) }
  }
}
