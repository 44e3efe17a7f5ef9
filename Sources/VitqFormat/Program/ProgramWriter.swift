/// Writes the records of a program, one after another.
struct ProgramWriter {
  var bytes: [UInt8] = []

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
    bytes.append(littleEndian: value)
  }

  mutating func code(_ value: UInt8) { integer(value) }

  mutating func count(_ value: Int) { integer(UInt32(value)) }

  mutating func signed(_ value: Int) { integer(UInt32(bitPattern: Int32(value))) }

  mutating func float(_ value: Float) { integer(value.bitPattern) }

  mutating func buffer(_ id: Program.BufferID) { count(id.index) }

  mutating func rows(_ rows: Range<Int>) {
    count(rows.lowerBound)
    count(rows.upperBound)
  }

  mutating func constant(_ constant: Program.Constant) {
    let name = Array(constant.name.utf8)
    integer(UInt16(name.count))
    bytes += name
  }

  mutating func quantizer(_ quantizer: UniformQuantizer) {
    float(quantizer.step)
    signed(quantizer.zeroPoint)
    signed(quantizer.minimumCode)
    signed(quantizer.maximumCode)
  }

  mutating func optional<T>(_ value: T?, _ write: (inout ProgramWriter, T) -> Void) {
    code(value == nil ? 0 : 1)
    if let value { write(&self, value) }
  }

  mutating func instruction(_ instruction: Program.Instruction) {
    switch instruction {
    case .imagePatches(let side, let target):
      code(InstructionCode.imagePatches.rawValue)
      count(side)
      buffer(target)
    case .fill(let value, let type, let firstRow, let rows, let target):
      code(InstructionCode.fill.rawValue)
      constant(value)
      code(type.rawValue)
      count(firstRow)
      count(rows)
      buffer(target)
    case .linear(let source, let rows, let weights, let epilogue, let target, let targetOffset):
      code(InstructionCode.linear.rawValue)
      buffer(source)
      self.rows(rows)
      self.weights(weights)
      self.epilogue(epilogue)
      buffer(target)
      signed(targetOffset)
    case .layerNorm(
      let source, let rows, let gamma, let beta, let epsilon, let quantizer, let target):
      code(InstructionCode.layerNorm.rawValue)
      buffer(source)
      self.rows(rows)
      constant(gamma)
      constant(beta)
      float(epsilon)
      optional(quantizer) { $0.quantizer($1) }
      buffer(target)
    case .quantize(let source, let rows, let quantizer, let target):
      code(InstructionCode.quantize.rawValue)
      buffer(source)
      self.rows(rows)
      self.quantizer(quantizer)
      buffer(target)
    case .codebook(let target, let rows, let levels):
      code(InstructionCode.codebook.rawValue)
      buffer(target)
      self.rows(rows)
      integer(UInt16(levels.count))
      bytes += levels
    case .lookUp(let target, let rows, let table):
      code(InstructionCode.lookUp.rawValue)
      buffer(target)
      self.rows(rows)
      bytes += table
    case .quantizeRows(let quantization): rowQuantization(quantization)
    case .rescaleRows(let rescaling): rowRescaling(rescaling)
    case .attention(let attention):
      let record: InstructionCode
      if attention.quantizer == nil {
        record = attention.windows == nil ? .realAttention : .realWindowAttention
      } else {
        record = attention.windows == nil ? .attention : .windowAttention
      }
      code(record.rawValue)
      self.attention(attention)
      if let windows = attention.windows { self.windows(windows) }
    case .gatherNorm(let norm): gatherNorm(norm)
    case .scatterLinear(let linear):
      code(InstructionCode.scatterLinear.rawValue)
      buffer(linear.source)
      weights(linear.weights)
      grid(linear.grid)
      buffer(linear.target)
    case .mean(let source, let rows, let target):
      code(InstructionCode.mean.rawValue)
      buffer(source)
      self.rows(rows)
      buffer(target)
    case .barrier:
      code(InstructionCode.barrier.rawValue)
    }
  }

  private mutating func weights(_ weights: Program.Weights) {
    constant(weights.panels)
    count(weights.bits)
    count(weights.outputs)
    count(weights.inputs)
    constant(weights.multipliers)
    constant(weights.offsets)
    optional(weights.zeroPoints) { $0.constant($1) }
  }

  private mutating func epilogue(_ epilogue: Program.Epilogue) {
    switch epilogue {
    case .store: code(EpilogueCode.store.rawValue)
    case .accumulate: code(EpilogueCode.accumulate.rawValue)
    case .quantize(let quantizer):
      code(EpilogueCode.quantize.rawValue)
      self.quantizer(quantizer)
    case .geluQuantize(let quantizer):
      code(EpilogueCode.geluQuantize.rawValue)
      self.quantizer(quantizer)
    }
  }

  private mutating func attention(_ attention: Program.Attention) {
    buffer(attention.queries)
    buffer(attention.keys)
    buffer(attention.values)
    rows(attention.rows)
    count(attention.heads)
    count(attention.headWidth)
    signed(attention.queryZeroPoint)
    float(attention.logitFactor)
    switch attention.probabilities {
    case .log(let quantizer):
      code(ProbabilitiesCode.log.rawValue)
      count(quantizer.stepsPerOctave)
      float(quantizer.offset)
      precondition(quantizer.levels.count == 16, "\(quantizer.levels.count) levels")
      for level in quantizer.levels { integer(level) }
    case .uniform(let quantizer):
      code(ProbabilitiesCode.uniform.rawValue)
      self.quantizer(quantizer)
    case .table(let quantizer):
      code(ProbabilitiesCode.table.rawValue)
      float(quantizer.stepsPerOctave)
      float(quantizer.offset)
      integer(UInt16(quantizer.levels.count))
      for level in quantizer.levels { integer(level) }
      precondition(
        quantizer.thresholds.count == quantizer.levels.count - 1,
        "\(quantizer.thresholds.count) thresholds")
      bytes += quantizer.thresholds
    }
    float(attention.valueFactor)
    if let codes = attention.quantizer { quantizer(codes) }
    buffer(attention.target)
  }

  private mutating func windows(_ windows: Program.Windows) {
    count(windows.height)
    count(windows.width)
    float(windows.scoreStep)
    constant(windows.bias)
    optional(windows.regions) { $0.constant($1) }
    float(windows.penalty)
  }

  private mutating func gatherNorm(_ norm: Program.GatherNorm) {
    let record: InstructionCode = norm.quantizer == nil ? .realGatherNorm : .gatherNorm
    code(record.rawValue)
    buffer(norm.source)
    switch norm.gather {
    case .windows(let grid):
      code(GatherCode.windows.rawValue)
      self.grid(grid)
    case .neighbours(let height, let width):
      code(GatherCode.neighbours.rawValue)
      count(height)
      count(width)
    }
    constant(norm.gamma)
    constant(norm.beta)
    float(norm.epsilon)
    if let codes = norm.quantizer { quantizer(codes) }
    buffer(norm.target)
  }

  private mutating func rowQuantization(_ quantization: Program.RowQuantization) {
    code(InstructionCode.quantizeRows.rawValue)
    buffer(quantization.source)
    rows(quantization.rows)
    count(quantization.bits)
    buffer(quantization.target)
    buffer(quantization.scales)
  }

  private mutating func rowRescaling(_ rescaling: Program.RowRescaling) {
    code(InstructionCode.rescaleRows.rawValue)
    buffer(rescaling.source)
    buffer(rescaling.scales)
    rows(rescaling.rows)
    constant(rescaling.weightSums)
    constant(rescaling.weightSteps)
    constant(rescaling.bias)
    switch rescaling.epilogue {
    case .store: code(RowEpilogueCode.store.rawValue)
    case .accumulate: code(RowEpilogueCode.accumulate.rawValue)
    case .scatter(let grid):
      code(RowEpilogueCode.scatter.rawValue)
      self.grid(grid)
    case .gelu: code(RowEpilogueCode.gelu.rawValue)
    case .quantize(let quantizer):
      code(RowEpilogueCode.quantize.rawValue)
      self.quantizer(quantizer)
    }
    buffer(rescaling.target)
    signed(rescaling.targetOffset)
  }

  private mutating func grid(_ grid: Program.WindowGrid) {
    count(grid.height)
    count(grid.width)
    count(grid.windowHeight)
    count(grid.windowWidth)
    count(grid.shiftRows)
    count(grid.shiftColumns)
  }
}
