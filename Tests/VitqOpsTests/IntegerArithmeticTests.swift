import Testing
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

/// Operations on quantized operands, against exact integer arithmetic.
struct IntegerArithmeticTests {
  /// Whole numbers of `range`, the same for the same seed.
  private func codes(_ shape: Shape, _ range: ClosedRange<Int>, seed: UInt64) -> [Int] {
    var generator = SplitMix64(seed: seed)
    return (0..<shape.elementCount).map { _ in Int.random(in: range, using: &generator) }
  }

  private func tensor(_ shape: Shape, _ codes: [Int]) -> Tensor {
    Tensor(shape, codes.map(Float.init))
  }

  /// Sums on both sides of 2²⁴: FP32 products serve for the first, FP64 for the second.
  @Test(arguments: [(24, 15, 8), (700, 255, 127)])
  func linearScalesExactSums(_ depth: Int, _ largest: Int, _ zeroPoint: Int) throws {
    let (tokens, outputs) = (5, 6)
    let a = codes([tokens, depth], 0...largest, seed: 1)
    let w = codes([outputs, depth], 0...largest, seed: 2)
    let steps = OperationSample.tensor([outputs], seed: 3).elements.map { abs($0) + 0.01 }
    let zeroPoints = (0..<outputs).map { zeroPoint - $0 }
    let bias = OperationSample.tensor([outputs], seed: 4)
    let (step, inputZero) = (Float(0.037), Float(5))
    let operands = [tensor([tokens, depth], a), tensor([outputs, depth], w), bias]
    let encodings: [Encoding] = [
      .integer(scales: [step], zeroPoints: [inputZero]),
      .integer(scales: steps, zeroPoints: zeroPoints.map(Float.init)), .real,
    ]
    #expect(Linear().resultEncoding(encodings) == .real)

    let run = try ForwardRun(Linear(), operands, encodings: encodings)
    let sums = (0..<outputs).map { o in
      (0..<depth).reduce(0) { $0 + w[o * depth + $1] - zeroPoints[o] }
    }
    let scaling = LinearScaling(
      inputStep: step, inputZeroPoint: inputZero, weightSteps: steps, centredWeightSums: sums,
      bias: bias.elements)
    for n in 0..<tokens {
      for o in 0..<outputs {
        let total = (0..<depth).reduce(0) {
          $0 + a[n * depth + $1] * (w[o * depth + $1] - zeroPoints[o])
        }
        let expected = scaling.offsets[o].addingProduct(Float(total), scaling.multipliers[o])
        #expect(run.result.elements[n * outputs + o] == expected)
      }
    }
  }

  @Test(arguments: [false, true])
  func matMulIsTheExactCentredSum(_ transposesRight: Bool) throws {
    let (heads, rows, depth, columns) = (2, 3, 20, 4)
    let bShape: Shape = transposesRight ? [heads, columns, depth] : [heads, depth, columns]
    let a = codes([heads, rows, depth], 0...255, seed: 5)
    let b = codes(bShape, 0...15, seed: 6)
    let encodings: [Encoding] = [
      .integer(scales: [0.3], zeroPoints: [11]), .integer(scales: [0.7], zeroPoints: [9]),
    ]
    let operation = MatMul(transposesRight: transposesRight, scale: 0.25)
    let product = Float(Double(Float(0.3)) * Double(Float(0.7)) * 0.25)
    let encoding = Encoding.integer(scales: [product], zeroPoints: [0])
    #expect(operation.resultEncoding(encodings) == encoding)

    let run = try ForwardRun(
      operation, [tensor([heads, rows, depth], a), tensor(bShape, b)], encodings: encodings,
      resultEncoding: encoding)
    for h in 0..<heads {
      for r in 0..<rows {
        for c in 0..<columns {
          let total = (0..<depth).reduce(0) { sum, k in
            let right =
              transposesRight
              ? b[(h * columns + c) * depth + k] : b[(h * depth + k) * columns + c]
            return sum + (a[(h * rows + r) * depth + k] - 11) * (right - 9)
          }
          #expect(run.result.elements[(h * rows + r) * columns + c] == Float(total))
        }
      }
    }
  }

  /// A product with the scale's octaves is the only rounding that the encoding adds.
  @Test func softmaxReadsItsScaleFromTheEncoding() throws {
    let x = tensor([3, 37], codes([3, 37], -900...900, seed: 7))
    let encoding = Encoding.integer(scales: [0.01], zeroPoints: [0])
    let real = Tensor(x.shape, x.elements.map { $0 * 0.01 })
    for operation in [Softmax(), LogSoftmax()] as [any Operation] {
      #expect(operation.resultEncoding([encoding]) == .real)
      let found = try ForwardRun(operation, [x], encodings: [encoding]).result.elements
      let expected = try ForwardRun(operation, [real]).result.elements
      #expect(Tolerance.rounding.accepts(found, expected))
    }
  }

  @Test func logSoftmaxOfAnIntegerFollowsTheFixedRecipe() throws {
    let x = codes([1, 16], -40...40, seed: 8)
    let encoding = Encoding.integer(scales: [0.05], zeroPoints: [0])
    let found = try ForwardRun(LogSoftmax(), [tensor([1, 16], x)], encodings: [encoding])
      .result.elements
    let factor = Float(Double(Float(0.05)) * 1.4426950408889634)
    let largest = try #require(x.max())
    let exponents = x.map { Float($0 - largest) * factor }
    let differences = zip(found, exponents).map { $0 - $1 }
    let logarithm = try #require(differences.first)
    #expect(Tolerance.rounding.accepts(differences, differences.map { _ in logarithm }))
  }

  @Test(arguments: [1, 3])
  func fakeQuantizeWritesTheCodesOfItsQuantizers(_ count: Int) throws {
    let quantizers = (0..<count).map { index in
      UniformQuantizer(
        step: 0.05 + 0.1 * Float(index), zeroPoint: 4 + index, minimumCode: 0, maximumCode: 15)
    }
    let operation = FakeQuantize(quantizers)
    let encoding = try #require(operation.resultEncoding([.real]))
    let x = OperationSample.tensor([3, 21], seed: 9, range: 1)
    let found = try ForwardRun(operation, [x], resultEncoding: encoding).result.elements
    let expected = x.elements.enumerated().map { index, value in
      Float(quantizers[count == 1 ? 0 : index / 21].code(of: value))
    }
    #expect(found == expected)
  }

  @Test func fakeQuantizeDecodesAnIntegerOperand() throws {
    let x = codes([2, 19], -3000...3000, seed: 10)
    let quantizer = UniformQuantizer(step: 0.09, zeroPoint: 6, minimumCode: 0, maximumCode: 15)
    let found = try ForwardRun(
      FakeQuantize([quantizer]), [tensor([2, 19], x)],
      encodings: [.integer(scales: [0.0003], zeroPoints: [2])],
      resultEncoding: .integer(scales: [0.09], zeroPoints: [6])
    ).result.elements
    #expect(found == x.map { Float(quantizer.code(of: Float(0.0003) * Float($0 - 2))) })
  }

  @Test func logQuantizerWritesLevels() throws {
    let quantizer = LogQuantizer(largest: 0.5, stepsPerOctave: 2, bits: 4)
    let e = Tensor([1, 40], (0..<40).map { -Float($0) * 0.37 })
    let operation = FakeQuantizeLog(quantizer)
    let encoding = try #require(operation.resultEncoding([.real]))
    let levels = try ForwardRun(operation, [e], resultEncoding: encoding).result.elements
    let values = try ForwardRun(operation, [e]).result.elements
    let expected = e.elements.map { e in
      let position = quantizer.offset.addingProduct(-Float(quantizer.stepsPerOctave), e)
      let code = Int(min(max(position.rounded(.toNearestOrEven), 0), 16))
      return code < 16 ? Float(quantizer.levels[code]) : 0
    }
    #expect(levels == expected)
    #expect(values == expected.map { $0 / 32768 })
  }

  /// Bias and mask are added and rounded first, then one fused multiply-add.
  @Test(arguments: [false, true])
  func attentionBiasOfIntegerScoresFollowsTheFixedRecipe(_ hasMask: Bool) throws {
    let (windows, heads, tokens) = (2, 3, 5)
    let shape: Shape = [windows * heads, tokens, tokens]
    let scores = codes(shape, -900...900, seed: 11)
    let bias = OperationSample.tensor([heads, tokens, tokens], seed: 12)
    let mask = OperationSample.tensor([windows, tokens, tokens], seed: 13, range: 100)
    let encoding = Encoding.integer(scales: [0.013], zeroPoints: [0])
    let operation = AttentionBias(windows: windows)
    let encodings = [encoding, .real] + (hasMask ? [.real] : [])
    #expect(operation.resultEncoding(encodings) == .real)

    let operands = [tensor(shape, scores), bias] + (hasMask ? [mask] : [])
    let found = try ForwardRun(operation, operands, encodings: encodings).result.elements
    let area = tokens * tokens
    for index in scores.indices {
      let (matrix, place) = (index / area, index % area)
      var offset = bias.elements[matrix % heads * area + place]
      if hasMask { offset += mask.elements[matrix / heads * area + place] }
      #expect(found[index] == offset.addingProduct(Float(scores[index]), 0.013))
    }
  }

  @Test func paddingOfAnIntegerOperandIsItsZeroPoint() throws {
    let encoding = Encoding.integer(scales: [0.1], zeroPoints: [9])
    let operations: [any Operation] = [
      WindowPartition(WindowGrid(height: 1, width: 1, windowHeight: 2, windowWidth: 2)),
      MergePatches(height: 1, width: 1),
    ]
    for operation in operations {
      let run = try ForwardRun(
        operation, [tensor([1, 2], [3, 4])], encodings: [encoding], resultEncoding: encoding)
      #expect(run.result.elements == [3, 4, 9, 9, 9, 9, 9, 9])
    }
  }

  @Test func movementsPassOneScaleThrough() {
    let one = Encoding.integer(scales: [0.1], zeroPoints: [3])
    let several = Encoding.integer(scales: [0.1, 0.2], zeroPoints: [3, 4])
    let movements: [any Operation] = [
      ImagePatches(side: 2), SplitHeads(part: 0, parts: 3, heads: 2), MergeHeads(),
      SelectRows(first: 0, count: 1), WindowPartition(OperationSample.windowGrids[0]),
      WindowReverse(OperationSample.windowGrids[0]), MergePatches(height: 1, width: 1),
    ]
    for operation in movements {
      #expect(operation.resultEncoding([one]) == one)
      #expect(operation.resultEncoding([several]) == nil)
    }
  }

  @Test func otherOperationsReadRealOperands() {
    let one = Encoding.integer(scales: [0.1], zeroPoints: [3])
    let operations: [any Operation] = [
      Add(), Multiply(), Concatenate(), GELU(.polynomial), LayerNorm(epsilon: 1e-6), MeanRows(),
    ]
    for operation in operations {
      #expect(operation.resultEncoding([one, one, one]) == nil)
    }
    #expect(Linear().resultEncoding([one, .real, .real]) == nil)
    #expect(MatMul(transposesRight: false, scale: 1).resultEncoding([.real, one]) == nil)
  }
}
