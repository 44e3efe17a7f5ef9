/// Checks that a program can be executed without reading or writing out of bounds, without integer
/// overflow, and without reading rows that nothing has written.
///
/// The runtime trusts a program that passed: it checks nothing again. Files are untrusted, so
/// everything a kernel relies on is stated here, once.
package struct ProgramVerifier {
  let program: Program
  let constants: ProgramConstants
  /// For each buffer, whether something has written each row so far.
  private var written: [[Bool]] = []

  /// A verifier of `program`, whose constants are tensors of `container`.
  package init(_ program: Program, _ container: SafetensorsFile) {
    self.program = program
    constants = ProgramConstants(container)
  }

  /// - Throws: ``ProgramError`` naming the instruction and the field at fault.
  package func verify() throws(ProgramError) {
    var checking = self
    try checking.checkDeclarations()
    for index in program.instructions.indices { try checking.check(instruction: index) }
    try checking.checkResults()
  }

  private mutating func checkDeclarations() throws(ProgramError) {
    let sides = 1...Program.Limit.imageSide
    try ProgramPlace("imageHeight").require(program.imageHeight, in: sides)
    try ProgramPlace("imageWidth").require(program.imageWidth, in: sides)
    try ProgramPlace("buffers.count").require(
      program.buffers.count, in: 1...Program.Limit.bufferCount)
    try ProgramPlace("instructions.count").require(
      program.instructions.count, in: 1...Program.Limit.instructionCount)
    var byteCount = 0
    for (index, buffer) in program.buffers.enumerated() {
      let name = "buffers[\(index)]"
      try ProgramPlace("\(name).rows").require(buffer.rows, in: 1...Program.Limit.rows)
      try ProgramPlace("\(name).columns").require(buffer.columns, in: 1...Program.Limit.columns)
      try ProgramPlace("\(name).group").require(
        buffer.group >= 1 && buffer.rows % buffer.group == 0, "a divisor of \(buffer.rows) rows",
        "\(buffer.group)")
      byteCount += buffer.paddedByteCount
      try ProgramPlace(name).require(
        byteCount <= Program.Limit.arenaByteCount,
        "at most \(Program.Limit.arenaByteCount) bytes up to here", "\(byteCount)")
    }
    written = program.buffers.map { Array(repeating: false, count: $0.rows) }
  }

  private mutating func checkResults() throws(ProgramError) {
    let logits = try buffer(program.logits, ProgramPlace("logits"), [.f32])
    try ProgramPlace("logits").require(logits.rows == 1, "one row", "\(logits.rows)")
    try read(program.logits, 0..<1, ProgramPlace("logits"))
    guard let features = program.features else { return }
    _ = try buffer(features, ProgramPlace("features"), [.f32, .u8])
    try read(features, 0..<1, ProgramPlace("features"))
  }

  private mutating func check(instruction index: Int) throws(ProgramError) {
    func at(_ field: String) -> ProgramPlace { ProgramPlace(field, instruction: index) }
    switch program.instructions[index] {
    case .imagePatches(let side, let target):
      try checkPatches(side, target, at)
    case .fill(let value, let type, let firstRow, let rows, let target):
      let buffer = try buffer(target, at("target"), [.f32])
      try at("firstRow").require(firstRow, in: 0...Program.Limit.rows)
      try at("rows").require(rows, in: 1...Program.Limit.rows)
      try write(target, firstRow..<firstRow + rows, at("rows"))
      try constants.check(value, type, count: rows * buffer.columns, at("value"))
    case .linear(let source, let rows, let weights, let epilogue, let target, let targetOffset):
      try checkLinear(source, weights, target, at)
      try checkEpilogue(epilogue, target, at)
      try at("targetOffset").require(
        targetOffset, in: -Program.Limit.rows...Program.Limit.rows)
      let targetRows = rows.lowerBound + targetOffset..<rows.upperBound + targetOffset
      try checkDistinct(target, [source], at)
      try read(source, rows, at("rows"))
      if epilogue == .accumulate { try read(target, targetRows, at("target")) }
      try write(target, targetRows, at("targetOffset"))
    case .layerNorm(
      let source, let rows, let gamma, let beta, let epsilon, let quantizer, let target):
      let columns = try buffer(source, at("source"), [.f32]).columns
      if let quantizer { try check(quantizer, .u8, at, "quantizer") }
      try checkColumns(target, columns, quantizer == nil ? .f32 : .u8, at)
      try checkEpsilon(epsilon, at)
      try constants.floats(gamma, count: columns, at("gamma"))
      try constants.floats(beta, count: columns, at("beta"))
      try checkRowwise(source, rows, target, at)
    case .quantize(let source, let rows, let quantizer, let target):
      let columns = try buffer(source, at("source"), [.f32]).columns
      try check(quantizer, .u8, at, "quantizer")
      try checkColumns(target, columns, .u8, at)
      try checkRowwise(source, rows, target, at)
    case .codebook(let target, let rows, let levels):
      _ = try buffer(target, at("target"), [.u8])
      try at("levels").requireLevels(levels)
      try read(target, rows, at("rows"))
    case .lookUp(let target, let rows, let table):
      _ = try buffer(target, at("target"), [.u8])
      try at("table").require(table.count == 256, "256 entries", "\(table.count)")
      try read(target, rows, at("rows"))
    case .quantizeRows(let quantization): try check(quantization, at)
    case .rescaleRows(let rescaling): try check(rescaling, at)
    case .attention(let attention): try check(attention, at)
    case .gatherNorm(let norm): try check(norm, at)
    case .scatterLinear(let linear): try check(linear, at)
    case .mean(let source, let rows, let target):
      let columns = try buffer(source, at("source"), [.f32]).columns
      try checkColumns(target, columns, .f32, at)
      try checkDistinct(target, [source], at)
      try read(source, rows, at("rows"))
      try write(target, 0..<1, at("target"))
    case .barrier:
      break
    }
  }

  typealias Places = (String) -> ProgramPlace

  private mutating func checkPatches(
    _ side: Int, _ target: Program.BufferID, _ at: Places
  ) throws(ProgramError) {
    try at("side").require(side, in: 1...Program.Limit.patchSide)
    try at("side").require(
      program.imageHeight % side == 0 && program.imageWidth % side == 0,
      "a divisor of the image's \(program.imageHeight) × \(program.imageWidth) pixels", "\(side)")
    let buffer = try buffer(target, at("target"), [.u8])
    let patches = program.imageHeight / side * (program.imageWidth / side)
    try at("target").require(buffer.rows == patches, "\(patches) rows", "\(buffer.rows)")
    try at("target").require(
      buffer.columns == 3 * side * side, "\(3 * side * side) columns", "\(buffer.columns)")
    try write(target, 0..<patches, at("target"))
  }

  func checkLinear(
    _ source: Program.BufferID, _ weights: Program.Weights, _ target: Program.BufferID,
    _ at: Places
  ) throws(ProgramError) {
    let columns = try buffer(source, at("source"), [.u8]).columns
    try at("weights.inputs").require(
      weights.inputs == columns, "\(columns), the columns of the source", "\(weights.inputs)")
    let outputs = try buffer(target, at("target"), [.f32, .u8, .s8]).columns
    try at("weights.outputs").require(
      weights.outputs == outputs, "\(outputs), the columns of the target", "\(weights.outputs)")
    try constants.check(weights, at)
  }

  func checkEpsilon(_ epsilon: Float, _ at: Places) throws(ProgramError) {
    try at("epsilon").require(epsilon > 0 && epsilon.isFinite, "a positive number", "\(epsilon)")
  }

  private func checkEpilogue(
    _ epilogue: Program.Epilogue, _ target: Program.BufferID, _ at: Places
  ) throws(ProgramError) {
    switch epilogue {
    case .store, .accumulate:
      _ = try buffer(target, at("target"), [.f32])
    case .quantize(let quantizer):
      let type = try buffer(target, at("target"), [.u8, .s8]).type
      try check(quantizer, type, at, "epilogue")
    case .geluQuantize(let quantizer):
      _ = try buffer(target, at("target"), [.u8])
      try check(quantizer, .u8, at, "epilogue")
    }
  }

  private mutating func check(
    _ attention: Program.Attention, _ at: Places
  ) throws(ProgramError) {
    try at("heads").require(attention.heads, in: 1...Program.Limit.columns)
    try at("headWidth").require(attention.headWidth, in: 1...Program.Limit.columns)
    let columns = attention.heads * attention.headWidth
    try checkColumns(attention.queries, columns, .u8, at, "queries")
    try checkColumns(attention.keys, columns, .s8, at, "keys")
    try checkColumns(attention.values, columns, .s8, at, "values")
    try checkColumns(attention.target, columns, attention.quantizer == nil ? .f32 : .u8, at)
    let keyRows = program.buffers[attention.keys.index].rows
    let valueRows = program.buffers[attention.values.index].rows
    try at("values").require(
      valueRows == keyRows, "\(keyRows) rows, one for each key", "\(valueRows)")
    var tokens = keyRows
    if let windows = attention.windows {
      try check(windows, heads: attention.heads, rows: keyRows, at)
      tokens = windows.tokenCount
      let queryRows = program.buffers[attention.queries.index].rows
      try at("queries").require(queryRows == keyRows, "\(keyRows) rows", "\(queryRows)")
    }
    try at("queryZeroPoint").require(attention.queryZeroPoint, in: 0...255)
    try at("logitFactor").requirePositive(attention.logitFactor)
    try at("valueFactor").requirePositive(attention.valueFactor)
    if let quantizer = attention.quantizer { try check(quantizer, .u8, at, "quantizer") }
    try checkDistinct(
      attention.target, [attention.queries, attention.keys, attention.values], at)
    try IntegerBounds.checkScores(headWidth: attention.headWidth, at("headWidth"))
    switch attention.probabilities {
    case .log(let quantizer):
      try IntegerBounds.check(quantizer, tokens: tokens, at)
    case .uniform(let quantizer):
      try check(quantizer, .u8, at, "probabilities")
      try IntegerBounds.check(quantizer, tokens: tokens, at)
    case .table(let quantizer):
      try at("probabilities").require(quantizer)
      try IntegerBounds.check(quantizer, tokens: tokens, at)
    }
    try read(attention.queries, attention.rows, at("rows"))
    try read(attention.keys, 0..<keyRows, at("keys"))
    try read(attention.values, 0..<keyRows, at("values"))
    try write(attention.target, attention.rows, at("rows"))
  }

  /// A quantizer whose codes fit the element type they are stored as.
  func check(
    _ quantizer: UniformQuantizer, _ type: Program.ElementType, _ at: Places, _ field: String
  ) throws(ProgramError) {
    try at("\(field).step").requirePositive(quantizer.step)
    try at("\(field).step").requirePositive(quantizer.inverseStep)
    try at("\(field).zeroPoint").require(quantizer.zeroPoint, in: 0...255)
    try at("\(field).maximumCode").require(quantizer.maximumCode, in: 0...255)
    try at("\(field).minimumCode").require(quantizer.minimumCode, in: 0...quantizer.maximumCode)
    guard type == .s8 else { return }
    let zero = quantizer.zeroPoint
    try at("\(field).zeroPoint").require(
      quantizer.minimumCode - zero >= -128 && quantizer.maximumCode - zero <= 127,
      "codes minus the zero point within -128 to 127", "\(zero)")
  }

  private mutating func checkRowwise(
    _ source: Program.BufferID, _ rows: Range<Int>, _ target: Program.BufferID, _ at: Places
  ) throws(ProgramError) {
    try checkDistinct(target, [source], at)
    try read(source, rows, at("rows"))
    try write(target, rows, at("target"))
  }

  func checkColumns(
    _ id: Program.BufferID, _ columns: Int, _ type: Program.ElementType, _ at: Places,
    _ field: String = "target"
  ) throws(ProgramError) {
    let buffer = try buffer(id, at(field), [type])
    try at(field).require(buffer.columns == columns, "\(columns) columns", "\(buffer.columns)")
  }

  /// An instruction may read any row of its sources while another thread writes its target.
  func checkDistinct(
    _ target: Program.BufferID, _ sources: [Program.BufferID], _ at: Places
  ) throws(ProgramError) {
    try at("target").require(
      !sources.contains(target), "another buffer than the sources", "buffer \(target.index)")
  }

  func buffer(
    _ id: Program.BufferID, _ place: ProgramPlace, _ types: [Program.ElementType]
  ) throws(ProgramError) -> Program.Buffer {
    try place.require(
      program.buffers.indices.contains(id.index), "a buffer below \(program.buffers.count)",
      "\(id.index)")
    let buffer = program.buffers[id.index]
    try place.require(
      types.contains(buffer.type),
      "a buffer of " + types.map { "\($0)" }.joined(separator: " or "), "\(buffer.type)")
    return buffer
  }

  /// Checks that the rows are there and hold something.
  func read(
    _ id: Program.BufferID, _ rows: Range<Int>, _ place: ProgramPlace
  ) throws(ProgramError) {
    try checkRows(rows, of: id, place)
    guard let row = written[id.index][rows].firstIndex(of: false) else { return }
    throw .invalid(
      place, expected: "rows that were written before",
      found: "row \(row) of buffer \(id.index), which was not")
  }

  /// Checks that the rows are there, and marks them as written.
  mutating func write(
    _ id: Program.BufferID, _ rows: Range<Int>, _ place: ProgramPlace
  ) throws(ProgramError) {
    try checkRows(rows, of: id, place)
    for row in rows { written[id.index][row] = true }
  }

  private func checkRows(
    _ rows: Range<Int>, of id: Program.BufferID, _ place: ProgramPlace
  ) throws(ProgramError) {
    let count = program.buffers[id.index].rows
    try place.require(
      !rows.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= count,
      "rows within the \(count) of buffer \(id.index)",
      "\(rows.lowerBound) to \(rows.upperBound)")
  }
}
