import CVitqKernels
import VitqFormat

/// Turns instructions of a program into the structures that the C runtime executes.
struct InstructionPreparation {
  let program: Program
  let constants: ProgramConstants
  let layout: ArenaLayout
  let rowTables: RowTables
  private let bounds: CodeBounds

  init(
    _ program: Program, _ constants: ProgramConstants, _ layout: ArenaLayout,
    _ rowTables: RowTables
  ) {
    self.program = program
    self.constants = constants
    self.layout = layout
    self.rowTables = rowTables
    bounds = CodeBounds(program)
  }

  /// The C form of an instruction, or `nil` for a barrier of the program.
  func prepare(_ instruction: Program.Instruction) throws(RuntimeError) -> vitq_instruction? {
    switch instruction {
    case .imagePatches(let side, let target):
      let patches = vitq_patches(width: program.imageWidth, side: side)
      return unsafe make(
        instruction, VITQ_INSTRUCTION_IMAGE_PATCHES, 0..<program.buffers[target.index].rows, target,
        operands: vitq_operands(patches: patches))
    case .fill(let value, let type, let firstRow, let rows, let target):
      let columns = program.buffers[target.index].columns
      let constant = try unsafe constantRows(value, type, rows: rows, columns: columns)
      return unsafe make(
        instruction, VITQ_INSTRUCTION_FILL, firstRow..<firstRow + rows, target,
        operands: vitq_operands(constant: constant))
    case .linear(let source, let rows, let weights, let epilogue, let target, let targetOffset):
      let linear = try unsafe linear(weights, epilogue, source: source, target: target)
      return unsafe make(
        instruction, weights.bits == 4 ? VITQ_INSTRUCTION_LINEAR_S4 : VITQ_INSTRUCTION_LINEAR_S8,
        rows.lowerBound + targetOffset..<rows.upperBound + targetOffset, target, from: source,
        shift: targetOffset, operands: vitq_operands(linear: linear))
    case .layerNorm(
      let source, let rows, let gamma, let beta, let epsilon, let quantizer, let target):
      let width = program.buffers[source.index].columns
      let normalization = unsafe vitq_normalization(
        gamma: try floats(gamma, count: width), beta: try floats(beta, count: width),
        epsilon: epsilon, width: width)
      let layerNorm = unsafe vitq_layer_norm(
        normalization: normalization,
        quantizer: quantizer.map { self.quantizer($0, target: target) } ?? vitq_quantizer(),
        is_real: quantizer == nil ? 1 : 0, tokens: nil, columns: width, padding: 0)
      return unsafe make(
        instruction,
        quantizer == nil ? VITQ_INSTRUCTION_LAYER_NORM_F32 : VITQ_INSTRUCTION_LAYER_NORM_U8,
        rows, target, from: source, operands: vitq_operands(layer_norm: layerNorm))
    case .quantize(let source, let rows, let quantizer, let target):
      let quantization = vitq_quantization(
        quantizer: self.quantizer(quantizer, target: target),
        columns: program.buffers[source.index].columns)
      return unsafe make(
        instruction, VITQ_INSTRUCTION_QUANTIZE, rows, target, from: source,
        operands: vitq_operands(quantization: quantization))
    case .codebook(let target, let rows, let levels):
      return unsafe prepare(instruction, vitq_codebook(levels: levels), rows, target)
    case .lookUp(let target, let rows, let table):
      return unsafe prepare(instruction, vitq_codebook(table: table), rows, target)
    case .attention(let attention):
      return unsafe make(
        instruction, VITQ_INSTRUCTION_ATTENTION, attention.rows, attention.target,
        from: attention.queries,
        operands: vitq_operands(attention: try operands(attention)))
    case .mean(let source, let rows, let target):
      let mean = vitq_row_mean(
        first_row: rows.lowerBound, row_count: rows.count,
        columns: program.buffers[source.index].columns)
      return unsafe make(
        instruction, VITQ_INSTRUCTION_MEAN, 0..<1, target, from: source,
        operands: vitq_operands(mean: mean))
    case .quantizeRows(let quantization): return unsafe prepare(quantization)
    case .rescaleRows(let rescaling): return try unsafe prepare(rescaling)
    case .gatherNorm(let norm): return try unsafe prepare(norm)
    case .scatterLinear(let linear): return try unsafe prepare(linear)
    case .barrier:
      return nil
    }
  }

  private func prepare(
    _ instruction: Program.Instruction, _ codebook: vitq_codebook, _ rows: Range<Int>,
    _ target: Program.BufferID
  ) -> vitq_instruction {
    let operands = vitq_codebook_operands(
      codebook: codebook, columns: program.buffers[target.index].columns)
    return unsafe make(
      instruction, VITQ_INSTRUCTION_CODEBOOK, rows, target,
      operands: vitq_operands(codebook: operands))
  }

  func make(
    _ instruction: Program.Instruction, _ opcode: vitq_opcode, _ rows: Range<Int>,
    _ target: Program.BufferID,
    from source: Program.BufferID? = nil, shift: Int = 0, operands: vitq_operands
  ) -> vitq_instruction {
    let partition = program.partition(of: instruction) ?? RowPartition(rows: 0, group: 1)
    return unsafe vitq_instruction(
      opcode: opcode, owned_rows: partition.rows, owned_group: partition.group,
      first_row: rows.lowerBound, row_count: rows.count, row_shift: shift,
      target: layout.matrices[target.index],
      source: source.map { layout.matrices[$0.index] } ?? vitq_matrix(), operands: operands)
  }

  func linear(
    _ weights: Program.Weights, _ epilogue: Program.Epilogue, source: Program.BufferID,
    target: Program.BufferID
  ) throws(RuntimeError) -> vitq_linear {
    let panels = PanelLayout(outputs: weights.outputs, inputs: weights.inputs, bits: weights.bits)
    let count = panels.paddedOutputs
    var linear = unsafe vitq_linear()
    unsafe linear.panels = try constants.address(of: weights.panels, byteCount: panels.byteCount)
    unsafe linear.multipliers = try floats(weights.multipliers, count: count)
    unsafe linear.offsets = try floats(weights.offsets, count: count)
    if let zeroPoints = weights.zeroPoints {
      unsafe linear.zero_points = try constants.address(of: zeroPoints, byteCount: count)
        .assumingMemoryBound(to: Int8.self)
    }
    unsafe linear.outputs = weights.outputs
    unsafe linear.inputs = weights.inputs
    unsafe linear.maximum_input = bounds[source]
    switch epilogue {
    case .store: unsafe linear.epilogue = VITQ_EPILOGUE_STORE
    case .accumulate: unsafe linear.epilogue = VITQ_EPILOGUE_ACCUMULATE
    case .quantize(let quantizer):
      unsafe linear.epilogue = VITQ_EPILOGUE_QUANTIZE
      unsafe linear.quantizer = self.quantizer(quantizer, target: target)
    case .geluQuantize(let quantizer):
      unsafe linear.epilogue = VITQ_EPILOGUE_GELU_QUANTIZE
      unsafe linear.quantizer = self.quantizer(quantizer, target: target)
    }
    return unsafe linear
  }

  private func operands(
    _ attention: Program.Attention
  ) throws(RuntimeError) -> vitq_attention_operands {
    guard attention.headWidth <= Int(VITQ_MAXIMUM_HEAD_WIDTH) else {
      throw RuntimeError(
        .unsupportedProgram,
        "attention: head width not supported: expected at most "
          + "\(VITQ_MAXIMUM_HEAD_WIDTH), found \(attention.headWidth)")
    }
    let keyRows = program.buffers[attention.keys.index].rows
    var result = unsafe vitq_attention()
    unsafe result.tokens = keyRows
    if let windows = attention.windows {
      unsafe result.tokens = windows.tokenCount
      unsafe result.windows = try self.windows(windows, heads: attention.heads, rows: keyRows)
    }
    unsafe result.heads = attention.heads
    unsafe result.head_width = attention.headWidth
    unsafe result.query_zero_point = Int32(attention.queryZeroPoint)
    unsafe result.maximum_query = bounds[attention.queries]
    unsafe result.maximum_key = bounds[attention.keys]
    unsafe result.logit_factor = attention.logitFactor
    unsafe result.value_factor = attention.valueFactor
    if let codes = attention.quantizer {
      unsafe result.quantizer = quantizer(codes, target: attention.target)
    } else {
      unsafe result.is_real = 1
    }
    switch attention.probabilities {
    case .log(let log):
      unsafe result.probabilities = VITQ_PROBABILITIES_LOG
      unsafe result.steps_per_octave = Float(log.stepsPerOctave)
      unsafe result.level_offset = log.offset
      unsafe withUnsafeMutableBytes(of: &result.levels) { levels in
        unsafe levels.store(log.levels.prefix(16))
      }
    case .uniform(let uniform):
      unsafe result.probabilities = VITQ_PROBABILITIES_UNIFORM
      unsafe result.probability_quantizer = Self.quantizer(uniform, shift: 0)
    case .table(let table): unsafe result.setTable(table)
    }
    return unsafe vitq_attention_operands(
      attention: result, keys: layout.matrices[attention.keys.index],
      values: layout.matrices[attention.values.index])
  }

  /// The quantizer of a target: s8 buffers hold codes minus their zero point.
  func quantizer(
    _ quantizer: UniformQuantizer, target: Program.BufferID
  ) -> vitq_quantizer {
    let isSigned = program.buffers[target.index].type == .s8
    return Self.quantizer(quantizer, shift: isSigned ? quantizer.zeroPoint : 0)
  }

  private static func quantizer(_ quantizer: UniformQuantizer, shift: Int) -> vitq_quantizer {
    vitq_quantizer(
      inverse_step: quantizer.inverseStep, zero_point: Float(quantizer.zeroPoint),
      low: Float(quantizer.minimumCode), high: Float(quantizer.maximumCode), shift: Int32(shift))
  }

  func floats(
    _ constant: Program.Constant, count: Int
  ) throws(RuntimeError) -> UnsafePointer<Float> {
    let address = try unsafe constants.address(of: constant, byteCount: count * 4)
    return unsafe address.assumingMemoryBound(to: Float.self)
  }

  private func constantRows(
    _ constant: Program.Constant, _ type: Program.ConstantType, rows: Int, columns: Int
  ) throws(RuntimeError) -> vitq_constant_rows {
    switch type {
    case .f32:
      let rows = try unsafe floats(constant, count: rows * columns)
      return unsafe vitq_constant_rows(f32: rows, bf16: nil, columns: columns)
    case .bf16:
      let address = try unsafe constants.address(of: constant, byteCount: rows * columns * 2)
      let rows = unsafe address.assumingMemoryBound(to: UInt16.self)
      return unsafe vitq_constant_rows(f32: nil, bf16: rows, columns: columns)
    }
  }
}
