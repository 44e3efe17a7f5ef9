import VitqFormat
import VitqRuntime
import VitqTestSupport

/// A small vision transformer with random weights: four blocks, a class token, every instruction.
struct RandomProgram {
  private(set) var program: Program
  private(set) var tensors: [String: [UInt8]] = [:]
  private(set) var tokens: Program.BufferID
  private var generator: SplitMix64
  private let bits: Int
  private let width = 48
  private let heads = 3
  private let rows = 13

  /// A program whose activations have `bits` bits.
  init(bits: Int, seed: UInt64) {
    generator = SplitMix64(seed: seed)
    self.bits = bits
    program = Program(imageHeight: 12, imageWidth: 16)
    tokens = program.addBuffer(rows: 13, columns: 48, type: .f32)
    addEmbedding()
    let uniform = UniformQuantizer(step: 1 / 255, zeroPoint: 0, minimumCode: 0, maximumCode: 255)
    addBlock(0, .log(LogQuantizer(largest: 1, stepsPerOctave: 2, bits: 4)))
    addBlock(1, .uniform(uniform))
    let table = AttentionTableQuantizer(
      stepsPerOctave: 16, offset: 0,
      levels: [32768, 19661, 13107, 8192, 3277, 1638, 983, 328, 0],
      thresholds: [6, 16, 26, 41, 60, 75, 91, 123])
    addBlock(2, .table(table))
    addRowwiseBlock(3)
    addHead()
  }

  var constants: ProgramConstants { ProgramConstants(tensors) }

  /// What the elements of a tensor are.
  func type(of name: String) -> StorageType {
    name.hasSuffix(".panels") ? .u8 : name.hasSuffix(".zeros") ? .i8 : .f32
  }

  private var activation: UniformQuantizer {
    UniformQuantizer(
      step: bits == 4 ? 0.3 : 0.03, zeroPoint: 1 << (bits - 1), minimumCode: 0,
      maximumCode: (1 << bits) - 1)
  }

  private mutating func addEmbedding() {
    let patches = program.addBuffer(rows: 12, columns: 48, type: .u8)
    program.instructions = [
      .imagePatches(side: 4, target: patches),
      .fill(
        value: floats("tokens", rows * width), type: .f32, firstRow: 0, rows: rows, target: tokens),
      .linear(
        source: patches, rows: 0..<12, weights: weights("embed", 48, 48, bits: 8),
        epilogue: .accumulate, target: tokens, targetOffset: 1),
    ]
  }

  private mutating func addBlock(_ block: Int, _ probabilities: Program.Probabilities) {
    let normal = program.addBuffer(rows: rows, columns: width, type: .u8)
    let queries = program.addBuffer(rows: rows, columns: width, type: .u8)
    let keys = program.addBuffer(rows: rows, columns: width, type: .s8)
    let values = program.addBuffer(rows: rows, columns: width, type: .s8)
    let hidden = program.addBuffer(rows: rows, columns: 4 * width, type: .u8)
    let real = program.addBuffer(rows: rows, columns: width, type: .f32)
    let unit: Float =
      if case .uniform(let quantizer) = probabilities { quantizer.step } else { 1 / 32768 }
    func linear(
      _ name: String, _ source: Program.BufferID, _ epilogue: Program.Epilogue,
      _ target: Program.BufferID
    ) -> Program.Instruction {
      let columns = program.buffers[source.index].columns
      return .linear(
        source: source, rows: 0..<rows,
        weights: weights(
          "\(block).\(name)", program.buffers[target.index].columns, columns, bits: 4),
        epilogue: epilogue, target: target, targetOffset: 0)
    }
    let normalize = norm("\(block).norm", source: tokens, quantizer: activation, target: normal)
    let attention = Program.Attention(
      queries: queries, keys: keys, values: values, rows: 0..<rows, heads: heads,
      headWidth: width / heads, queryZeroPoint: activation.zeroPoint,
      logitFactor: bits == 4 ? 0.02 : 2e-4,
      probabilities: probabilities, valueFactor: activation.step * unit, quantizer: activation,
      target: normal)
    program.instructions += [
      normalize, linear("q", normal, .quantize(activation), queries),
      linear("k", normal, .quantize(activation), keys),
      linear("v", normal, .quantize(activation), values), .barrier, .attention(attention),
      linear("proj", normal, .accumulate, tokens),
      norm("\(block).norm2", source: tokens, quantizer: nil, target: real),
      .quantize(source: real, rows: 0..<rows, quantizer: activation, target: normal),
      linear("fc1", normal, .geluQuantize(activation), hidden),
    ]
    // Of every third code in the first block, of sixteen in the second.
    let spacing = block == 0 ? 3 : max(activation.maximumCode / 15, 2)
    let levels = stride(from: 0, through: activation.maximumCode, by: spacing).map { UInt8($0) }
    if block < 2 {
      program.instructions.append(.codebook(target: hidden, rows: 0..<rows, levels: levels))
    } else {
      let table = (0..<256).map { UInt8(($0 * 7 + 3) % (activation.maximumCode + 1)) }
      program.instructions.append(.lookUp(target: hidden, rows: 0..<rows, table: table))
    }
    program.instructions.append(linear("fc2", hidden, .accumulate, tokens))
  }

  /// A block whose linear layers read codes with scales by rows.
  private mutating func addRowwiseBlock(_ block: Int) {
    let normal = program.addBuffer(rows: rows, columns: width, type: .f32)
    let queries = program.addBuffer(rows: rows, columns: width, type: .u8)
    let keys = program.addBuffer(rows: rows, columns: width, type: .s8)
    let values = program.addBuffer(rows: rows, columns: width, type: .s8)
    let attended = program.addBuffer(rows: rows, columns: width, type: .f32)
    let hidden = program.addBuffer(rows: rows, columns: 4 * width, type: .f32)
    program.instructions.append(
      norm("\(block).norm", source: tokens, quantizer: nil, target: normal))
    let codes = quantizeRows(normal)
    rescaled("\(block).q", codes, .quantize(activation), queries)
    rescaled("\(block).k", codes, .quantize(activation), keys)
    rescaled("\(block).v", codes, .quantize(activation), values)
    program.instructions.append(
      .attention(
        Program.Attention(
          queries: queries, keys: keys, values: values, rows: 0..<rows, heads: heads,
          headWidth: width / heads, queryZeroPoint: activation.zeroPoint,
          logitFactor: bits == 4 ? 0.02 : 2e-4,
          probabilities: .log(LogQuantizer(largest: 1, stepsPerOctave: 1, bits: 4)),
          valueFactor: activation.step / 32768, quantizer: nil, target: attended)))
    rescaled("\(block).proj", quantizeRows(attended), .accumulate, tokens)
    program.instructions.append(
      norm("\(block).norm2", source: tokens, quantizer: nil, target: normal))
    rescaled("\(block).fc1", quantizeRows(normal), .gelu, hidden)
    rescaled("\(block).fc2", quantizeRows(hidden), .store, normal)
    rescaled("\(block).fc3", quantizeRows(normal), .accumulate, tokens)
  }

  private mutating func quantizeRows(
    _ source: Program.BufferID
  ) -> (codes: Program.BufferID, scales: Program.BufferID) {
    let columns = program.buffers[source.index].columns
    let codes = program.addBuffer(rows: rows, columns: columns, type: .u8)
    let scales = program.addBuffer(rows: rows, columns: 2, type: .f32)
    program.instructions.append(
      .quantizeRows(
        Program.RowQuantization(
          source: source, rows: 0..<rows, bits: bits, target: codes, scales: scales)))
    return (codes, scales)
  }

  private mutating func rescaled(
    _ name: String, _ input: (codes: Program.BufferID, scales: Program.BufferID),
    _ epilogue: Program.RowEpilogue, _ target: Program.BufferID
  ) {
    let inputs = program.buffers[input.codes.index].columns
    let outputs = program.buffers[target.index].columns
    let sums = program.addBuffer(rows: rows, columns: outputs, type: .f32)
    var weights = weights(name, outputs, inputs, bits: 4)
    let padded = PanelLayout.padded(outputs)
    weights.multipliers = store("\(name).ones", Array(repeating: 1, count: padded))
    weights.offsets = store("\(name).zeros_offset", Array(repeating: 0, count: padded))
    program.instructions += [
      .linear(
        source: input.codes, rows: 0..<rows, weights: weights, epilogue: .store, target: sums,
        targetOffset: 0),
      .rescaleRows(
        Program.RowRescaling(
          source: sums, scales: input.scales, rows: 0..<rows,
          weightSums: store("\(name).sums", generator.floats(outputs).map { $0 * 4 }),
          weightSteps: store("\(name).steps", generator.floats(outputs).map { 0.004 + $0 * 0.002 }),
          bias: floats("\(name).bias", outputs), epilogue: epilogue, target: target)),
    ]
  }

  private mutating func addHead() {
    let mean = program.addBuffer(rows: 1, columns: width, type: .f32)
    let codes = program.addBuffer(rows: 1, columns: width, type: .u8)
    program.logits = program.addBuffer(rows: 1, columns: 10, type: .f32)
    program.features = mean
    program.instructions += [
      .mean(source: tokens, rows: 1..<rows, target: mean),
      .layerNorm(
        source: mean, rows: 0..<1, gamma: floats("head.gamma", width),
        beta: floats("head.beta", width), epsilon: 1e-6, quantizer: activation, target: codes),
      .linear(
        source: codes, rows: 0..<1, weights: weights("head", 10, width, bits: 8),
        epilogue: .store, target: program.logits, targetOffset: 0),
    ]
  }

  private mutating func norm(
    _ name: String, source: Program.BufferID, quantizer: UniformQuantizer?,
    target: Program.BufferID
  ) -> Program.Instruction {
    .layerNorm(
      source: source, rows: 0..<rows, gamma: floats("\(name).gamma", width),
      beta: floats("\(name).beta", width), epsilon: 1e-6, quantizer: quantizer, target: target)
  }

  private mutating func floats(_ name: String, _ count: Int) -> Program.Constant {
    store(name, generator.floats(count))
  }

  private mutating func store(_ name: String, _ values: [Float]) -> Program.Constant {
    tensors[name] = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
    }
    return Program.Constant(name)
  }

  private mutating func weights(
    _ name: String, _ outputs: Int, _ inputs: Int, bits: Int
  ) -> Program.Weights {
    let layout = PanelLayout(outputs: outputs, inputs: inputs, bits: bits)
    let codes = (0..<outputs * inputs).map { _ in
      Int8.random(
        in: Int8(layout.codes.lowerBound)...Int8(layout.codes.upperBound), using: &generator)
    }
    tensors["\(name).panels"] = layout.pack(codes)
    let isAsymmetric = Bool.random(using: &generator)
    let padded = layout.paddedOutputs
    let zeroPoints = (0..<padded).map { _ in Int8.random(in: -3...3, using: &generator) }
    if isAsymmetric { tensors["\(name).zeros"] = zeroPoints.map { UInt8(bitPattern: $0) } }
    let scale: Float = bits == 8 ? 1e-5 : 2e-4
    return Program.Weights(
      panels: Program.Constant("\(name).panels"), bits: bits, outputs: outputs, inputs: inputs,
      multipliers: store(
        "\(name).multipliers", generator.floats(padded).map { scale * (1.5 + $0) }),
      offsets: floats("\(name).offsets", padded),
      zeroPoints: isAsymmetric ? Program.Constant("\(name).zeros") : nil)
  }
}
