import CVitqKernels
import VitqFormat

extension InstructionPreparation {
  func prepare(_ quantization: Program.RowQuantization) -> vitq_instruction {
    let operands = vitq_row_quantization(
      largest_code: Float(1 << quantization.bits - 1),
      columns: program.buffers[quantization.source.index].columns,
      scales: layout.matrices[quantization.scales.index])
    return unsafe make(
      .quantizeRows(quantization), VITQ_INSTRUCTION_QUANTIZE_ROWS, quantization.rows,
      quantization.target, from: quantization.source,
      operands: vitq_operands(row_quantization: operands))
  }

  func prepare(_ rescaling: Program.RowRescaling) throws(RuntimeError) -> vitq_instruction {
    let columns = program.buffers[rescaling.source.index].columns
    var scaling = unsafe vitq_row_scaling()
    unsafe scaling.weight_sums = try floats(rescaling.weightSums, count: columns)
    unsafe scaling.weight_steps = try floats(rescaling.weightSteps, count: columns)
    unsafe scaling.bias = try floats(rescaling.bias, count: columns)
    unsafe scaling.columns = columns
    switch rescaling.epilogue {
    case .store: unsafe scaling.epilogue = VITQ_ROW_EPILOGUE_STORE
    case .accumulate: unsafe scaling.epilogue = VITQ_ROW_EPILOGUE_ACCUMULATE
    case .scatter(let grid):
      unsafe scaling.epilogue = VITQ_ROW_EPILOGUE_ACCUMULATE
      unsafe scaling.target_rows = try rowTables.address(of: .windows(grid))
    case .gelu: unsafe scaling.epilogue = VITQ_ROW_EPILOGUE_GELU
    case .quantize(let quantizer):
      unsafe scaling.epilogue = VITQ_ROW_EPILOGUE_QUANTIZE
      unsafe scaling.quantizer = self.quantizer(quantizer, target: rescaling.target)
    }
    let operands = unsafe vitq_row_rescaling(
      scaling: scaling, scales: layout.matrices[rescaling.scales.index])
    let (rows, offset) = (rescaling.rows, rescaling.targetOffset)
    return unsafe make(
      .rescaleRows(rescaling), VITQ_INSTRUCTION_RESCALE_ROWS,
      rows.lowerBound + offset..<rows.upperBound + offset, rescaling.target,
      from: rescaling.source, shift: offset, operands: vitq_operands(row_rescaling: operands))
  }
}
