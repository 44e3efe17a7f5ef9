extension ProgramVerifier {
  mutating func check(_ quantization: Program.RowQuantization, _ at: Places) throws(ProgramError) {
    let columns = try buffer(quantization.source, at("source"), [.f32]).columns
    try at("bits").require(quantization.bits, in: 1...8)
    try checkColumns(quantization.target, columns, .u8, at)
    try checkColumns(quantization.scales, 2, .f32, at, "scales")
    try at("scales").require(
      quantization.scales != quantization.source, "another buffer than the source",
      "buffer \(quantization.scales.index)")
    try read(quantization.source, quantization.rows, at("rows"))
    try write(quantization.target, quantization.rows, at("target"))
    try write(quantization.scales, quantization.rows, at("scales"))
  }

  mutating func check(_ rescaling: Program.RowRescaling, _ at: Places) throws(ProgramError) {
    let source = try buffer(rescaling.source, at("source"), [.f32])
    try checkColumns(rescaling.scales, 2, .f32, at, "scales")
    let type = try checkEpilogue(rescaling.epilogue, rescaling.target, at)
    try checkColumns(rescaling.target, source.columns, type, at)
    try constants.floats(rescaling.weightSums, count: source.columns, at("weightSums"))
    try constants.floats(rescaling.weightSteps, count: source.columns, at("weightSteps"))
    try constants.floats(rescaling.bias, count: source.columns, at("bias"))
    try checkDistinct(rescaling.target, [rescaling.source, rescaling.scales], at)
    try read(rescaling.source, rescaling.rows, at("rows"))
    try read(rescaling.scales, rescaling.rows, at("scales"))
    try at("targetOffset").require(
      rescaling.targetOffset, in: -Program.Limit.rows...Program.Limit.rows)
    if case .scatter(let grid) = rescaling.epilogue {
      return try checkScattered(rescaling, grid, at)
    }
    let (rows, offset) = (rescaling.rows, rescaling.targetOffset)
    let targetRows = rows.lowerBound + offset..<rows.upperBound + offset
    if rescaling.epilogue == .accumulate {
      try read(rescaling.target, targetRows, at("target"))
    }
    try write(rescaling.target, targetRows, at("targetOffset"))
  }

  /// The type of the target's elements.
  private func checkEpilogue(
    _ epilogue: Program.RowEpilogue, _ target: Program.BufferID, _ at: Places
  ) throws(ProgramError) -> Program.ElementType {
    guard case .quantize(let quantizer) = epilogue else { return .f32 }
    let type = try buffer(target, at("target"), [.u8, .s8]).type
    try check(quantizer, type, at, "epilogue")
    return type
  }

  private func checkScattered(
    _ rescaling: Program.RowRescaling, _ grid: Program.WindowGrid, _ at: Places
  ) throws(ProgramError) {
    try check(grid, at, "epilogue")
    let target = program.buffers[rescaling.target.index]
    try checkTokens(grid.tokenCount, target, at("target"))
    try at("targetOffset").require(rescaling.targetOffset, in: 0...0)
    let rows = program.buffers[rescaling.source.index].rows
    try at("source").require(rows == grid.rowCount, "\(grid.rowCount) rows", "\(rows)")
    try at("rows").require(
      rescaling.rows == 0..<rows, "all \(rows) rows", "\(rescaling.rows)")
    try read(rescaling.target, 0..<target.rows, at("target"))
  }
}
