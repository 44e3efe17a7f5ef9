/// Reads the records of a program, one after another.
struct ProgramReader {
  private let bytes: [UInt8]
  private var position: Int
  /// The instruction being read, for messages.
  var instruction: Int?

  init(_ bytes: [UInt8], position: Int) {
    self.bytes = bytes
    self.position = position
  }

  var remainingCount: Int { bytes.count - position }

  private func place(_ field: String) -> ProgramPlace {
    ProgramPlace(field, instruction: instruction)
  }

  private mutating func take(
    _ byteCount: Int, _ field: String
  ) throws(ProgramError) -> ArraySlice<UInt8> {
    guard byteCount <= remainingCount else { throw .truncated(place(field)) }
    defer { position += byteCount }
    return bytes[position..<position + byteCount]
  }

  private mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type, _ field: String
  ) throws(ProgramError) -> T {
    try take(MemoryLayout<T>.size, field).reversed().reduce(0) { $0 << 8 | T($1) }
  }

  mutating func count(_ field: String, limit: Int) throws(ProgramError) -> Int {
    let value = Int(try integer(UInt32.self, field))
    guard value <= limit else {
      throw .invalid(place(field), expected: "at most \(limit)", found: "\(value)")
    }
    return value
  }

  mutating func signed(_ field: String) throws(ProgramError) -> Int {
    Int(Int32(bitPattern: try integer(UInt32.self, field)))
  }

  mutating func float(_ field: String) throws(ProgramError) -> Float {
    Float(bitPattern: try integer(UInt32.self, field))
  }

  mutating func code<Code: RawRepresentable<UInt8>>(
    _ type: Code.Type, _ field: String
  ) throws(ProgramError) -> Code {
    let value = try integer(UInt8.self, field)
    guard let code = Code(rawValue: value) else {
      throw .unknownCode(place(field), found: Int(value))
    }
    return code
  }

  /// Whether an optional value follows.
  private mutating func flag(_ field: String) throws(ProgramError) -> Bool {
    let value = try integer(UInt8.self, field)
    guard value <= 1 else { throw .unknownCode(place(field), found: Int(value)) }
    return value == 1
  }

  mutating func buffer(_ field: String) throws(ProgramError) -> Program.BufferID {
    Program.BufferID(index: Int(try integer(UInt32.self, field)))
  }

  mutating func optionalBuffer(_ field: String) throws(ProgramError) -> Program.BufferID? {
    let index = try integer(UInt32.self, field)
    return index == ProgramCodec.noBuffer ? nil : Program.BufferID(index: Int(index))
  }

  mutating func rows(_ field: String = "rows") throws(ProgramError) -> Range<Int> {
    let first = try count(field, limit: Program.Limit.rows)
    let end = try count(field, limit: Program.Limit.rows)
    guard first <= end else {
      throw .invalid(place(field), expected: "a range", found: "\(first) to \(end)")
    }
    return first..<end
  }

  mutating func constant(_ field: String) throws(ProgramError) -> Program.Constant {
    let byteCount = Int(try integer(UInt16.self, field))
    guard byteCount <= SafetensorsFile.Limit.nameByteCount else {
      throw .invalid(
        place(field), expected: "a name of at most \(SafetensorsFile.Limit.nameByteCount) bytes",
        found: "\(byteCount)")
    }
    guard let name = String(validating: try take(byteCount, field), as: UTF8.self) else {
      throw .invalid(place(field), expected: "UTF-8", found: "other bytes")
    }
    return Program.Constant(name)
  }

  mutating func quantizer(_ field: String) throws(ProgramError) -> UniformQuantizer {
    UniformQuantizer(
      step: try float("\(field).step"), zeroPoint: try signed("\(field).zeroPoint"),
      minimumCode: try signed("\(field).minimumCode"),
      maximumCode: try signed("\(field).maximumCode"))
  }

  mutating func bufferDeclaration(_ index: Int) throws(ProgramError) -> Program.Buffer {
    Program.Buffer(
      rows: try count("buffers[\(index)].rows", limit: Program.Limit.rows),
      columns: try count("buffers[\(index)].columns", limit: Program.Limit.columns),
      type: try code(Program.ElementType.self, "buffers[\(index)].type"),
      group: try count("buffers[\(index)].group", limit: Program.Limit.rows))
  }

  mutating func nextInstruction() throws(ProgramError) -> Program.Instruction {
    switch try code(InstructionCode.self, "operation") {
    case .imagePatches:
      .imagePatches(
        side: try count("side", limit: Program.Limit.patchSide), target: try buffer("target"))
    case .fill:
      .fill(
        value: try constant("value"), type: try code(Program.ConstantType.self, "type"),
        firstRow: try count("firstRow", limit: Program.Limit.rows),
        rows: try count("rows", limit: Program.Limit.rows), target: try buffer("target"))
    case .linear:
      .linear(
        source: try buffer("source"), rows: try rows(), weights: try weights(),
        epilogue: try epilogue(), target: try buffer("target"),
        targetOffset: try signed("targetOffset"))
    case .layerNorm:
      .layerNorm(
        source: try buffer("source"), rows: try rows(), gamma: try constant("gamma"),
        beta: try constant("beta"), epsilon: try float("epsilon"),
        quantizer: try flag("quantizer") ? try quantizer("quantizer") : nil,
        target: try buffer("target"))
    case .quantize:
      .quantize(
        source: try buffer("source"), rows: try rows(), quantizer: try quantizer("quantizer"),
        target: try buffer("target"))
    case .codebook:
      .codebook(target: try buffer("target"), rows: try rows(), levels: try bytes("levels"))
    case .lookUp:
      .lookUp(
        target: try buffer("target"), rows: try rows(), table: Array(try take(256, "table")))
    case .quantizeRows:
      .quantizeRows(
        Program.RowQuantization(
          source: try buffer("source"), rows: try rows(), bits: try count("bits", limit: 8),
          target: try buffer("target"), scales: try buffer("scales")))
    case .rescaleRows: .rescaleRows(try rowRescaling())
    case .attention: .attention(try attention())
    case .realAttention: .attention(try attention(isReal: true))
    case .mean:
      .mean(source: try buffer("source"), rows: try rows(), target: try buffer("target"))
    case .barrier: .barrier
    case .gatherNorm: .gatherNorm(try gatherNorm())
    case .realGatherNorm: .gatherNorm(try gatherNorm(isReal: true))
    case .scatterLinear:
      .scatterLinear(
        Program.ScatterLinear(
          source: try buffer("source"), weights: try weights(), grid: try grid("grid"),
          target: try buffer("target")))
    case .windowAttention: .attention(try windowAttention())
    case .realWindowAttention: .attention(try windowAttention(isReal: true))
    }
  }

  private mutating func rowRescaling() throws(ProgramError) -> Program.RowRescaling {
    Program.RowRescaling(
      source: try buffer("source"), scales: try buffer("scales"), rows: try rows(),
      weightSums: try constant("weightSums"), weightSteps: try constant("weightSteps"),
      bias: try constant("bias"), epilogue: try rowEpilogue(), target: try buffer("target"),
      targetOffset: try signed("targetOffset"))
  }

  private mutating func rowEpilogue() throws(ProgramError) -> Program.RowEpilogue {
    switch try code(RowEpilogueCode.self, "epilogue") {
    case .store: .store
    case .accumulate: .accumulate
    case .scatter: .scatter(try grid("epilogue"))
    case .gelu: .gelu
    case .quantize: .quantize(try quantizer("epilogue"))
    }
  }

  private mutating func weights() throws(ProgramError) -> Program.Weights {
    Program.Weights(
      panels: try constant("weights.panels"),
      bits: try count("weights.bits", limit: 8),
      outputs: try count("weights.outputs", limit: Program.Limit.columns),
      inputs: try count("weights.inputs", limit: Program.Limit.columns),
      multipliers: try constant("weights.multipliers"),
      offsets: try constant("weights.offsets"),
      zeroPoints: try flag("weights.zeroPoints") ? try constant("weights.zeroPoints") : nil)
  }

  private mutating func epilogue() throws(ProgramError) -> Program.Epilogue {
    switch try code(EpilogueCode.self, "epilogue") {
    case .store: .store
    case .accumulate: .accumulate
    case .quantize: .quantize(try quantizer("epilogue"))
    case .geluQuantize: .geluQuantize(try quantizer("epilogue"))
    }
  }

  private mutating func attention(isReal: Bool = false) throws(ProgramError) -> Program.Attention {
    Program.Attention(
      queries: try buffer("queries"), keys: try buffer("keys"), values: try buffer("values"),
      rows: try rows(), heads: try count("heads", limit: Program.Limit.columns),
      headWidth: try count("headWidth", limit: Program.Limit.columns),
      queryZeroPoint: try signed("queryZeroPoint"), logitFactor: try float("logitFactor"),
      probabilities: try probabilities(), valueFactor: try float("valueFactor"),
      quantizer: isReal ? nil : try quantizer("quantizer"), target: try buffer("target"))
  }

  private mutating func probabilities() throws(ProgramError) -> Program.Probabilities {
    switch try code(ProbabilitiesCode.self, "probabilities") {
    case .log:
      let stepsPerOctave = try count("probabilities.stepsPerOctave", limit: 2)
      let offset = try float("probabilities.offset")
      var levels: [UInt16] = []
      for _ in 0..<16 { levels.append(try integer(UInt16.self, "probabilities.levels")) }
      return .log(LogQuantizer(stepsPerOctave: stepsPerOctave, offset: offset, levels: levels))
    case .uniform:
      return .uniform(try quantizer("probabilities"))
    case .table:
      return .table(try attentionTable())
    }
  }

  private mutating func windowAttention(
    isReal: Bool = false
  ) throws(ProgramError) -> Program.Attention {
    var attention = try attention(isReal: isReal)
    attention.windows = Program.Windows(
      height: try count("windows.height", limit: Program.Limit.rows),
      width: try count("windows.width", limit: Program.Limit.rows),
      scoreStep: try float("windows.scoreStep"), bias: try constant("windows.bias"),
      regions: try flag("windows.regions") ? try constant("windows.regions") : nil,
      penalty: try float("windows.penalty"))
    return attention
  }

  private mutating func gatherNorm(
    isReal: Bool = false
  ) throws(ProgramError) -> Program.GatherNorm {
    Program.GatherNorm(
      source: try buffer("source"), gather: try gather(), gamma: try constant("gamma"),
      beta: try constant("beta"), epsilon: try float("epsilon"),
      quantizer: isReal ? nil : try quantizer("quantizer"), target: try buffer("target"))
  }

  private mutating func gather() throws(ProgramError) -> Program.Gather {
    switch try code(GatherCode.self, "gather") {
    case .windows: .windows(try grid("gather"))
    case .neighbours:
      .neighbours(
        height: try count("gather.height", limit: Program.Limit.rows),
        width: try count("gather.width", limit: Program.Limit.rows))
    }
  }

  private mutating func grid(_ field: String) throws(ProgramError) -> Program.WindowGrid {
    Program.WindowGrid(
      height: try count("\(field).height", limit: Program.Limit.rows),
      width: try count("\(field).width", limit: Program.Limit.rows),
      windowHeight: try count("\(field).windowHeight", limit: Program.Limit.rows),
      windowWidth: try count("\(field).windowWidth", limit: Program.Limit.rows),
      shiftRows: try count("\(field).shiftRows", limit: Program.Limit.rows),
      shiftColumns: try count("\(field).shiftColumns", limit: Program.Limit.rows))
  }

  /// 1 to 256 bytes behind their count.
  private mutating func bytes(_ field: String) throws(ProgramError) -> [UInt8] {
    Array(try take(try levelCount(field, limit: 256), field))
  }

  private mutating func levelCount(_ field: String, limit: Int) throws(ProgramError) -> Int {
    let count = Int(try integer(UInt16.self, field))
    guard (1...limit).contains(count) else {
      throw .invalid(place(field), expected: "1 to \(limit) levels", found: "\(count)")
    }
    return count
  }

  private mutating func attentionTable() throws(ProgramError) -> AttentionTableQuantizer {
    let stepsPerOctave = try float("probabilities.stepsPerOctave")
    let offset = try float("probabilities.offset")
    let count = try levelCount(
      "probabilities.levels", limit: AttentionTableQuantizer.maximumLevelCount)
    var levels: [UInt16] = []
    for _ in 0..<count { levels.append(try integer(UInt16.self, "probabilities.levels")) }
    return AttentionTableQuantizer(
      stepsPerOctave: stepsPerOctave, offset: offset, levels: levels,
      thresholds: Array(try take(count - 1, "probabilities.thresholds")))
  }
}
