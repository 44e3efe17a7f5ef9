import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

/// What an attention layer is like.
struct AttentionShape: Sendable, CustomTestStringConvertible {
  var rows: Int
  var tokens: Int
  var heads: Int
  var width: Int
  var isLog: Bool
  /// Queries of 0 … 15 and keys of −15 … 15, else of eight bits.
  var hasSmallCodes: Bool
  /// Codes at the ends of their range.
  var isExtreme = false

  var testDescription: String {
    "\(rows) of \(tokens), \(heads)×\(width), \(isLog ? "log" : "uniform")"
      + (hasSmallCodes ? ", small" : "") + (isExtreme ? ", extreme" : "")
  }
}

/// An attention layer with random codes.
struct AttentionCase {
  let shape: AttentionShape
  var attention = vitq_attention()
  let queries: KernelMatrix<UInt8>
  let keys: KernelMatrix<Int8>
  let values: KernelMatrix<Int8>
  let log: LogQuantizer

  init(_ shape: AttentionShape, seed: UInt64) {
    self.shape = shape
    var generator = SplitMix64(seed: seed)
    let columns = shape.heads * shape.width
    let queryLimit = shape.hasSmallCodes ? 15 : 255, keyLimit = shape.hasSmallCodes ? 15 : 127
    func codes<T: FixedWidthInteger>(_ rows: Int, _ range: ClosedRange<Int>) -> [T] {
      (0..<rows * columns).map { index in
        T(
          shape.isExtreme
            ? (index / columns % 2 == 0 ? range.upperBound : range.lowerBound)
            : .random(in: range, using: &generator))
      }
    }
    let q: [UInt8] = codes(shape.rows, 0...queryLimit)
    let k: [Int8] = codes(shape.tokens, -keyLimit...keyLimit)
    let v: [Int8] = codes(shape.tokens, -128...127)
    queries = KernelMatrix(rows: shape.rows, columns: columns) { q[$0] }
    keys = KernelMatrix(rows: shape.tokens, columns: columns) { k[$0] }
    values = KernelMatrix(rows: shape.tokens, columns: columns) { v[$0] }
    log = LogQuantizer(
      largest: 1, stepsPerOctave: .random(in: 1...2, using: &generator),
      bits: .random(in: 3...4, using: &generator))
    attention.tokens = shape.tokens
    attention.heads = shape.heads
    attention.head_width = shape.width
    attention.query_zero_point = Int32(queryLimit / 2)
    attention.maximum_query = UInt32(queryLimit)
    attention.maximum_key = UInt32(keyLimit)
    attention.logit_factor = shape.hasSmallCodes ? 0.01 : 5e-5
    attention.probabilities =
      shape.isLog ? VITQ_PROBABILITIES_LOG : VITQ_PROBABILITIES_UNIFORM
    attention.steps_per_octave = Float(log.stepsPerOctave)
    attention.level_offset = log.offset
    withUnsafeMutableBytes(of: &attention.levels) { $0.copyBytes(from: log.levels.bytes) }
    attention.probability_quantizer = vitq_quantizer(
      inverse_step: 255, zero_point: 0, low: 0, high: 255, shift: 0)
    attention.value_factor = shape.isLog ? 1 / 32768 : 1 / 255
    attention.quantizer = vitq_quantizer(
      inverse_step: 1, zero_point: 128, low: 0, high: 255, shift: 0)
  }

  func run(_ set: InstructionSet) -> [UInt8] {
    let target = KernelMatrix<UInt8>(rows: shape.rows, columns: shape.heads * shape.width) { _ in 0
    }
    var attention = attention
    let isScratchAlive = withScratch(vitq_attention_scratch_bytes(&attention)) { scratch in
      kernels(set).u8_s8_attention?(
        &attention, shape.rows, vitq_code_matrix(rows: queries.memory, stride: queries.stride),
        vitq_code_matrix(rows: keys.memory, stride: keys.stride),
        vitq_code_matrix(rows: values.memory, stride: values.stride), target.pointer,
        target.stride, scratch)
    }
    #expect(isScratchAlive && target.isCanaryAlive)
    return target.elements
  }
}

extension [UInt16] {
  fileprivate var bytes: [UInt8] { flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] } }
}

struct AttentionKernelTests {
  static let sizes: [(rows: Int, tokens: Int, heads: Int, width: Int)] = [
    (1, 1, 1, 1), (2, 3, 2, 5), (5, 15, 1, 16), (6, 16, 3, 17), (7, 17, 2, 32), (12, 31, 1, 33),
    (13, 64, 2, 48), (3, 65, 1, 80), (11, 197, 3, 64), (2, 50, 1, 256),
  ]
  static let shapes: [AttentionShape] = sizes.flatMap { size in
    [(true, true, false), (true, false, true), (false, true, true), (false, false, false)].map {
      isLog, hasSmallCodes, isExtreme in
      AttentionShape(
        rows: size.rows, tokens: size.tokens, heads: size.heads, width: size.width, isLog: isLog,
        hasSmallCodes: hasSmallCodes, isExtreme: isExtreme)
    }
  }

  @Test(arguments: vectorSets, shapes)
  func everyKernelEqualsTheReference(_ set: InstructionSet, _ shape: AttentionShape) {
    let layer = AttentionCase(shape, seed: 3)
    #expect(layer.run(set) == layer.run(.scalar))
  }

  /// One query that matches one key far better than the rest attends to that key alone.
  @Test(arguments: InstructionSet.available)
  func aSharpQueryReturnsTheValueOfItsKey(_ set: InstructionSet) {
    let shape = AttentionShape(
      rows: 1, tokens: 21, heads: 1, width: 8, isLog: true, hasSmallCodes: false)
    var layer = AttentionCase(shape, seed: 4)
    layer.attention.query_zero_point = 0
    layer.attention.logit_factor = 1
    for d in 0..<8 {
      layer.queries[0, d] = 10
      for j in 0..<21 { layer.keys[j, d] = j == 13 ? 10 : -10 }
    }
    let expected = (0..<8).map { UInt8(Int(layer.values[13, $0]) + 128) }
    #expect(layer.run(set) == expected)
  }
}
