import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

/// What a linear layer is like.
struct LinearShape: Sendable, CustomTestStringConvertible {
  var rows: Int
  var outputs: Int
  var inputs: Int
  var bits = 4
  var maximumInput = 255
  var isAsymmetric = false
  var codes = Codes.random

  enum Codes: Equatable {
    case random
    /// At the ends of their range, so that a sum too narrow for them shows.
    case extreme
    /// Inputs at their largest where a weight of one output has one sign, and 0 elsewhere: a row is
    /// as far from 0 as random weights allow.
    case aligned
    /// The same for one output, whose weights are of this range; all others are next to 0, so it
    /// alone says how many products fit a sum.
    case steep(output: Int, weights: ClosedRange<Int8>)
  }

  var testDescription: String {
    "\(rows)×\(inputs)·\(outputs) w\(bits) ≤\(maximumInput)"
      + (isAsymmetric ? " asymmetric" : "") + " \(codes)"
  }
}

/// A linear layer with random codes, as a kernel takes it.
struct LinearCase {
  let shape: LinearShape
  let weights: [Int8]
  let zeroPoints: [Int8]?
  let multipliers: [Float]
  let offsets: [Float]
  let source: KernelMatrix<UInt8>
  let start: [Float]

  private var rows: Int { shape.rows }
  private var outputs: Int { shape.outputs }
  private var inputs: Int { shape.inputs }

  init(_ shape: LinearShape, seed: UInt64) {
    let (rows, outputs, inputs) = (shape.rows, shape.outputs, shape.inputs)
    var generator = SplitMix64(seed: seed)
    self.shape = shape
    let low = Int8(-(1 << (shape.bits - 1))), high = Int8((1 << (shape.bits - 1)) - 1)
    let weights: [Int8] = (0..<outputs * inputs).map { index in
      let output = index / inputs
      switch shape.codes {
      case .random, .aligned: return .random(in: low...high, using: &generator)
      case .extreme: return output % 2 == 0 ? low : high
      case .steep(let steep, let weights):
        return .random(in: output == steep ? weights : -1...1, using: &generator)
      }
    }
    self.weights = weights
    let padded = PanelLayout.padded(outputs)
    func padding(_ values: [Float]) -> [Float] {
      values + [Float](repeating: 0, count: padded - outputs)
    }
    zeroPoints =
      shape.isAsymmetric
      ? (0..<padded).map { $0 < outputs ? .random(in: -9...9, using: &generator) : 0 } : nil
    multipliers = padding(generator.floats(outputs).map { $0 * 1e-3 })
    offsets = padding(generator.floats(outputs))
    let codes: [UInt8] = (0..<rows * inputs).map { index in
      let (row, input) = index.quotientAndRemainder(dividingBy: inputs)
      let aim: Int
      switch shape.codes {
      case .random: return UInt8(Int.random(in: 0...shape.maximumInput, using: &generator))
      case .extreme: return UInt8(shape.maximumInput)
      case .aligned: aim = row / 2 % outputs
      case .steep(let output, _): aim = output
      }
      let isPositive = weights[aim * inputs + input] > 0
      return isPositive == (row % 2 == 0) ? UInt8(shape.maximumInput) : 0
    }
    source = KernelMatrix(rows: rows, columns: inputs) { codes[$0] }
    start = generator.floats(rows * outputs)
  }

  /// The exact sums, straight from the definition.
  func result(row: Int, output: Int) -> Float {
    var sum = 0
    var inputSum = 0
    for k in 0..<inputs {
      sum += Int(source[row, k]) * Int(weights[output * inputs + k])
      inputSum += Int(source[row, k])
    }
    let centred = sum - Int(zeroPoints?[output] ?? 0) * inputSum
    return offsets[output].addingProduct(Float(centred), multipliers[output])
  }

  /// Runs a kernel into a target of floats or bytes.
  func run<Element>(
    _ set: InstructionSet, _ epilogue: vitq_epilogue, _ quantizer: vitq_quantizer,
    into target: KernelMatrix<Element>
  ) {
    let layout = PanelLayout(outputs: outputs, inputs: inputs, bits: shape.bits)
    let packed = layout.pack(weights)
    let panels = KernelMatrix<UInt8>(rows: 1, columns: packed.count) { packed[$0] }
    var isScratchAlive = false
    multipliers.withUnsafeBufferPointer { multipliers in
      offsets.withUnsafeBufferPointer { offsets in
        (zeroPoints ?? []).withUnsafeBufferPointer { zeros in
          var layer = vitq_linear(
            panels: panels.memory, multipliers: multipliers.baseAddress,
            offsets: offsets.baseAddress,
            zero_points: zeroPoints == nil ? nil : zeros.baseAddress, outputs: outputs,
            inputs: inputs, maximum_input: UInt32(shape.maximumInput), epilogue: epilogue,
            quantizer: quantizer, target_rows: nil)
          isScratchAlive = withScratch(vitq_linear_scratch_bytes(&layer, rows)) { scratch in
            let kernel = shape.bits == 4 ? kernels(set).u8_s4_linear : kernels(set).u8_s8_linear
            kernel?(
              &layer, rows, source.pointer, source.stride, target.memory, target.stride, scratch)
          }
        }
      }
    }
    #expect(isScratchAlive && target.isCanaryAlive && source.isCanaryAlive)
  }
}

struct LinearKernelTests {
  static let quantizer = vitq_quantizer(
    inverse_step: 17, zero_point: 100, low: 0, high: 255, shift: 0)
  static let signedQuantizer = vitq_quantizer(
    inverse_step: 4, zero_point: 8, low: 0, high: 15, shift: 8)
  /// Rows, outputs and inputs on both sides of every tile, primes, and depths of DeiT.
  static let sizes: [(rows: Int, outputs: Int, inputs: Int)] = [
    (1, 1, 1), (2, 31, 3), (3, 32, 4), (4, 33, 31), (5, 64, 32), (6, 65, 33), (7, 7, 97),
    (12, 96, 64), (13, 32, 128), (14, 17, 101), (27, 40, 192), (29, 100, 768),
  ]
  static let shapes: [LinearShape] = sizes.flatMap { size in
    [(4, 1, false), (4, 15, false), (4, 255, true), (8, 255, false), (8, 15, true)].flatMap {
      bits, maximum, zeros in
      [.random, .extreme, .aligned].map { codes in
        LinearShape(
          rows: size.rows, outputs: size.outputs, inputs: size.inputs, bits: bits,
          maximumInput: maximum, isAsymmetric: zeros, codes: codes)
      }
    }
  }
  /// Steep outputs in each quarter of a panel, of either sign and of either nibble.
  static let steepShapes: [LinearShape] = [3, 11, 19, 27].flatMap { output in
    [(4, 1...7), (4, -8 ... -1), (8, 1...7), (8, -8 ... -1), (8, 96...127), (8, -128 ... -96)].map {
      LinearShape(
        rows: 27, outputs: 32, inputs: 768, bits: $0.0,
        codes: .steep(output: output, weights: $0.1))
    }
  }

  @Test(arguments: shapes + steepShapes)
  func theReferenceIsTheDefinition(_ shape: LinearShape) {
    let layer = LinearCase(shape, seed: 1)
    let target = KernelMatrix(rows: shape.rows, columns: shape.outputs) { layer.start[$0] }
    layer.run(.scalar, VITQ_EPILOGUE_STORE, Self.quantizer, into: target)
    let expected = (0..<shape.rows * shape.outputs).map {
      layer.result(row: $0 / shape.outputs, output: $0 % shape.outputs)
    }
    #expect(Tolerance.exact.accepts(target.elements, expected))

    let codes = KernelMatrix<UInt8>(rows: shape.rows, columns: shape.outputs) { _ in 0 }
    layer.run(.scalar, VITQ_EPILOGUE_QUANTIZE, Self.signedQuantizer, into: codes)
    let rule = UniformQuantizer(step: 0.25, zeroPoint: 8, minimumCode: 0, maximumCode: 15)
    #expect(rule.inverseStep == Self.signedQuantizer.inverse_step)
    #expect(
      codes.elements.map { Int(Int8(bitPattern: $0)) } == expected.map { rule.code(of: $0) - 8 })
  }

  @Test(arguments: vectorSets, shapes + steepShapes)
  func everyKernelEqualsTheReference(_ set: InstructionSet, _ shape: LinearShape) {
    let layer = LinearCase(shape, seed: 2)
    for epilogue in [VITQ_EPILOGUE_STORE, VITQ_EPILOGUE_ACCUMULATE] {
      let results = [InstructionSet.scalar, set].map { set in
        let target = KernelMatrix(rows: shape.rows, columns: shape.outputs) { layer.start[$0] }
        layer.run(set, epilogue, Self.quantizer, into: target)
        return target.elements.map(\.bitPattern)
      }
      #expect(results[0] == results[1])
    }
    for epilogue in [VITQ_EPILOGUE_QUANTIZE, VITQ_EPILOGUE_GELU_QUANTIZE] {
      for quantizer in [Self.quantizer, Self.signedQuantizer] {
        let results = [InstructionSet.scalar, set].map { set in
          let target = KernelMatrix<UInt8>(rows: shape.rows, columns: shape.outputs) { _ in 0 }
          layer.run(set, epilogue, quantizer, into: target)
          return target.elements
        }
        #expect(results[0] == results[1])
      }
    }
  }
}
