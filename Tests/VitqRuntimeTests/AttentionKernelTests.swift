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
  var windows: WindowShape?

  var testDescription: String {
    (windows.map { "\($0.count)×\($0.height)×\($0.width)+\($0.firstRow) " } ?? "")
      + "\(rows) of \(tokens), \(heads)×\(width), \(isLog ? "log" : "uniform")"
      + (hasSmallCodes ? ", small" : "") + (isExtreme ? ", extreme" : "")
  }
}

/// Windows with a bias, and regions in every second one.
struct WindowShape: Sendable {
  var count: Int
  var height: Int
  var width: Int
  var firstRow = 0
}

/// An attention layer with random codes.
struct AttentionCase {
  let shape: AttentionShape
  var attention = vitq_attention()
  let queries: KernelMatrix<UInt8>
  let keys: KernelMatrix<Int8>
  let values: KernelMatrix<Int8>
  let log: LogQuantizer
  var bias: [Float] = []
  var regions: [UInt8] = []

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
    let keyRows = shape.tokens * (shape.windows?.count ?? 1)
    let k: [Int8] = codes(keyRows, -keyLimit...keyLimit)
    let v: [Int8] = codes(keyRows, -128...127)
    queries = KernelMatrix(rows: shape.rows, columns: columns) { q[$0] }
    keys = KernelMatrix(rows: keyRows, columns: columns) { k[$0] }
    values = KernelMatrix(rows: keyRows, columns: columns) { v[$0] }
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
    guard let windows = shape.windows else { return }
    let offsets = (2 * windows.height - 1) * (2 * windows.width - 1)
    bias = generator.floats(shape.heads * offsets).map { $0 * 3 }
    regions = (0..<keyRows).map { row in
      row / shape.tokens % 2 == 0 ? 7 : .random(in: 0...3, using: &generator)
    }
    attention.windows.height = windows.height
    attention.windows.width = windows.width
    attention.windows.score_step = attention.logit_factor
    attention.windows.penalty = -100
    attention.logit_factor = 1.442695
  }

  func run(_ set: InstructionSet) -> [UInt8] {
    let target = KernelMatrix<UInt8>(rows: shape.rows, columns: shape.heads * shape.width) { _ in 0
    }
    run(set, attention, into: target.memory, stride: target.stride)
    #expect(target.isCanaryAlive)
    return target.elements
  }

  /// The results without a quantizer.
  func runReal(_ set: InstructionSet) -> [Float] {
    let target = KernelMatrix<Float>(rows: shape.rows, columns: shape.heads * shape.width) { _ in 0
    }
    var attention = attention
    attention.is_real = 1
    run(set, attention, into: target.memory, stride: target.stride)
    #expect(target.isCanaryAlive)
    return target.elements
  }

  private func run(
    _ set: InstructionSet, _ attention: vitq_attention, into target: UnsafeMutableRawPointer,
    stride: Int
  ) {
    var attention = attention
    let isScratchAlive = bias.withUnsafeBufferPointer { bias in
      regions.withUnsafeBufferPointer { regions in
        if shape.windows != nil {
          attention.windows.bias = bias.baseAddress
          attention.windows.regions = regions.baseAddress
        }
        return withScratch(vitq_attention_scratch_bytes(&attention)) { scratch in
          kernels(set).u8_s8_attention?(
            &attention, shape.windows?.firstRow ?? 0, shape.rows,
            vitq_code_matrix(rows: queries.memory, stride: queries.stride),
            vitq_code_matrix(rows: keys.memory, stride: keys.stride),
            vitq_code_matrix(rows: values.memory, stride: values.stride),
            target.assumingMemoryBound(to: UInt8.self), stride, scratch)
        }
      }
    }
    #expect(isScratchAlive)
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

  static let windowShapes: [AttentionShape] = {
    let windows = [
      WindowShape(count: 3, height: 7, width: 7), WindowShape(count: 2, height: 7, width: 7),
      WindowShape(count: 4, height: 1, width: 3), WindowShape(count: 2, height: 2, width: 8),
      WindowShape(count: 2, height: 8, width: 8), WindowShape(count: 2, height: 12, width: 12),
      WindowShape(count: 1, height: 5, width: 1), WindowShape(count: 3, height: 3, width: 5),
    ]
    return windows.enumerated().flatMap { index, window in
      var window = window
      // A share of a thread may begin and end within a window.
      window.firstRow = index % 3 * window.height * window.width / 4
      let tokens = window.height * window.width
      return [(true, false), (true, true), (false, false)].map { isLog, hasSmallCodes in
        AttentionShape(
          rows: window.count * tokens - window.firstRow - index % 2, tokens: tokens,
          heads: 1 + index % 3, width: index % 2 == 0 ? 32 : 20, isLog: isLog,
          hasSmallCodes: hasSmallCodes, windows: window)
      }
    }
  }()

  @Test(arguments: vectorSets, shapes + windowShapes)
  func everyKernelEqualsTheReference(_ set: InstructionSet, _ shape: AttentionShape) {
    let layer = AttentionCase(shape, seed: 3)
    #expect(layer.run(set) == layer.run(.scalar))
  }

  /// Real results are those that the quantizer rounds, whose step is 1 here.
  @Test(arguments: InstructionSet.available, shapes + windowShapes)
  func realResultsRoundToTheCodes(_ set: InstructionSet, _ shape: AttentionShape) {
    let layer = AttentionCase(shape, seed: 3)
    let real = layer.runReal(set)
    #expect(real.map(\.bitPattern) == layer.runReal(.scalar).map(\.bitPattern))
    let codes = real.map { UInt8(min(max(($0 + 128).rounded(.toNearestOrEven), 0), 255)) }
    #expect(codes == layer.run(set))
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

  /// All scores are 0; the bias favours one offset, and regions may forbid it.
  @Test(arguments: InstructionSet.available)
  func biasAndRegionsDecideWhereAQueryLooks(_ set: InstructionSet) {
    let shape = AttentionShape(
      rows: 12, tokens: 6, heads: 1, width: 8, isLog: false, hasSmallCodes: false,
      windows: WindowShape(count: 2, height: 2, width: 3))
    var layer = AttentionCase(shape, seed: 5)
    for row in 0..<12 {
      for d in 0..<8 { layer.queries[row, d] = UInt8(layer.attention.query_zero_point) }
    }
    // Offsets down −1 … 1, across −2 … 2: one down, one across.
    layer.bias = (0..<15).map { $0 == 13 ? 40 : 0 }
    layer.regions = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    let found = layer.run(set)
    for d in 0..<8 {
      // Token (0, 0) looks at token (1, 1) where nothing forbids it, else at its own region.
      #expect(Int(found[d]) == Int(layer.values[4, d]) + 128)
      let sum = (6..<9).reduce(0) { $0 + 85 * Int(layer.values[$1, d]) }
      let mean = (Float(sum) * (1 / 255)).rounded(.toNearestOrEven)
      #expect(Int(found[6 * 8 + d]) == Int(mean) + 128)
    }
  }
}
