import CVitqKernels
import VitqFormat

extension InstructionPreparation {
  func prepare(_ norm: Program.GatherNorm) throws(RuntimeError) -> vitq_instruction {
    let columns = program.buffers[norm.source.index].columns
    let width = columns * norm.gather.tokensPerRow
    let quantizer = norm.quantizer.map { self.quantizer($0, target: norm.target) }
    let padding = UInt8(truncatingIfNeeded: norm.quantizer?.code(of: 0) ?? 0)
    let layerNorm = unsafe vitq_layer_norm(
      normalization: vitq_normalization(
        gamma: try floats(norm.gamma, count: width), beta: try floats(norm.beta, count: width),
        epsilon: norm.epsilon, width: width),
      quantizer: quantizer ?? vitq_quantizer(), is_real: norm.quantizer == nil ? 1 : 0,
      tokens: try rowTables.address(of: norm.gather), columns: columns, padding: padding)
    let opcode: vitq_opcode
    switch norm.gather {
    case .windows: opcode = VITQ_INSTRUCTION_WINDOW_NORM
    case .neighbours: opcode = VITQ_INSTRUCTION_NEIGHBOUR_NORM
    }
    return unsafe make(
      .gatherNorm(norm), opcode, 0..<program.buffers[norm.target.index].rows, norm.target,
      from: norm.source, operands: vitq_operands(layer_norm: layerNorm))
  }

  func prepare(_ linear: Program.ScatterLinear) throws(RuntimeError) -> vitq_instruction {
    var layer = try unsafe self.linear(
      linear.weights, .accumulate, source: linear.source, target: linear.target)
    unsafe layer.target_rows = try rowTables.address(of: .windows(linear.grid))
    return unsafe make(
      .scatterLinear(linear),
      linear.weights.bits == 4 ? VITQ_INSTRUCTION_LINEAR_S4 : VITQ_INSTRUCTION_LINEAR_S8,
      0..<program.buffers[linear.source.index].rows, linear.target, from: linear.source,
      operands: vitq_operands(linear: layer))
  }

  /// The C form of the windows of an attention with `heads` heads over `rows` rows.
  func windows(
    _ windows: Program.Windows, heads: Int, rows: Int
  ) throws(RuntimeError) -> vitq_windows {
    let offsets = (2 * windows.height - 1) * (2 * windows.width - 1)
    var result = unsafe vitq_windows()
    unsafe result.height = windows.height
    unsafe result.width = windows.width
    unsafe result.score_step = windows.scoreStep
    unsafe result.bias = try floats(windows.bias, count: heads * offsets)
    unsafe result.penalty = windows.penalty
    if let regions = windows.regions {
      unsafe result.regions = try constants.address(of: regions, byteCount: rows)
        .assumingMemoryBound(to: UInt8.self)
    }
    return unsafe result
  }
}
