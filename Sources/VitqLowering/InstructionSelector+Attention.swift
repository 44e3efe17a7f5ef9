import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

extension InstructionSelector {
  /// log2 e, the factor from natural to base-2 logarithms.
  private static let log2e = 1.442_695_040_888_963_4

  /// Emits attention for the quantizer `id` of merged heads.
  ///
  ///     %s = matmul(split_heads(%q), split_heads(%k)ᵀ)
  ///     %p = fake_quantize_log(log_softmax(%s))      or  fake_quantize_attention_table of it
  ///                                                  or  fake_quantize(softmax(%s))
  ///     %y = fake_quantize(merge_heads(matmul(%p, split_heads(%v))))
  mutating func emitAttention(_ id: NodeID, merging merge: NodeID) throws(LoweringError) {
    let weighted = graph[graph[merge].operands[0]]
    guard let weighting = weighted.operation as? MatMul, !weighting.transposesRight else {
      throw noInstruction(graph[merge].operands[0])
    }
    let probabilities = try probabilities(weighted.operands[0])
    var similarityID = probabilities.scores
    let hasBias = graph[similarityID].operation is AttentionBias
    if hasBias { similarityID = graph[similarityID].operands[0] }
    let similarity = graph[similarityID]
    guard let scoring = similarity.operation as? MatMul, scoring.transposesRight else {
      throw noInstruction(similarityID)
    }
    let queries = try heads(similarity.operands[0], .u8)
    let keys = try heads(similarity.operands[1], .s8)
    let values = try heads(weighted.operands[1], .s8)
    guard queries.count == keys.count, keys.count == values.count,
      let rows = demand[id], queries.placement.shift == 0, keys.placement.shift == 0,
      values.placement.shift == 0, queries.placement.order == nil
    else { throw noInstruction(id) }

    let similarityScale = Float(
      Double(queries.quantizer.step) * Double(keys.quantizer.step) * Double(scoring.scale))
    let unit = probabilities.unit
    let valueFactor = Float(
      Double(unit) * Double(values.quantizer.step) * Double(weighting.scale))
    let log2e = Self.log2e
    var windows: Program.Windows?
    var logitFactor = Float(Double(similarityScale) * log2e)
    if hasBias {
      windows = try self.windows(probabilities.scores, scoreStep: similarityScale)
      logitFactor = Float(log2e)
    } else if queries.windows != 1 {
      throw noInstruction(similarityID)
    }
    let quantizer = try storedQuantizer(id)
    let target = addBuffer(
      like: queries.placement.buffer, columns: graph[id].shape.width, quantizer == nil ? .f32 : .u8)
    program.instructions.append(
      .attention(
        Program.Attention(
          queries: queries.placement.buffer, keys: keys.placement.buffer,
          values: values.placement.buffer, rows: rows, windows: windows, heads: queries.count,
          headWidth: graph[id].shape.width / queries.count,
          queryZeroPoint: queries.quantizer.zeroPoint,
          logitFactor: logitFactor,
          probabilities: probabilities.form, valueFactor: valueFactor,
          quantizer: quantizer, target: target)))
    place(id, Placement(buffer: target, shift: 0))
  }

  /// The bias and the mask that a node adds to scores of the given step.
  private mutating func windows(
    _ id: NodeID, scoreStep: Float
  ) throws(LoweringError) -> Program.Windows {
    let node = graph[id]
    guard let bias = constant(node.operands[1]), let relative = RelativeBias(bias) else {
      throw .unsupportedBias(node: node.name)
    }
    var windows = Program.Windows(
      height: relative.height, width: relative.width, scoreStep: scoreStep,
      bias: addConstant("\(node.name).table", relative.table))
    guard node.operands.count == 3 else { return windows }
    guard let mask = constant(node.operands[2]), let regions = MaskRegions(mask) else {
      throw .unsupportedMask(node: node.name)
    }
    guard regions.penalty != 0 else { return windows }
    windows.penalty = regions.penalty
    windows.regions = addConstant(
      LoweredConstant(
        name: "\(node.name).regions", shape: [mask.shape[0], mask.shape[1]],
        elements: .bytes(regions.labels)))
    return windows
  }

  /// The quantizer of attention probabilities and the scores below their softmax.
  private func probabilities(
    _ id: NodeID
  ) throws(LoweringError) -> (form: Program.Probabilities, unit: Float, scores: NodeID) {
    let node = graph[id]
    guard let operand = node.operands.first else { throw noInstruction(id) }
    let softmax = graph[operand]
    if let log = node.operation as? FakeQuantizeLog, softmax.operation is LogSoftmax {
      return (.log(log.quantizer), 1.0 / 32768, softmax.operands[0])
    }
    if let table = node.operation as? FakeQuantizeAttentionTable, softmax.operation is LogSoftmax {
      return (.table(table.quantizer.reduced), table.quantizer.unit, softmax.operands[0])
    }
    if node.operation is FakeQuantize, softmax.operation is Softmax {
      let quantizer = try activationQuantizer(id)
      guard quantizer.zeroPoint == 0 else {
        throw .unsupportedCodes(
          node: node.name, expected: 0...255,
          found: -quantizer.zeroPoint...quantizer.maximumCode - quantizer.zeroPoint)
      }
      return (.uniform(quantizer), quantizer.step, softmax.operands[0])
    }
    throw noInstruction(id)
  }

  /// The codes that are split into heads.
  private func heads(
    _ id: NodeID, _ type: Program.ElementType
  ) throws(LoweringError) -> (
    placement: Placement, quantizer: UniformQuantizer, count: Int, windows: Int
  ) {
    guard let split = graph[id].operation as? SplitHeads, split.parts == 1 else {
      throw noInstruction(id)
    }
    let source = graph[id].operands[0]
    let placement = try placement(of: source, for: id)
    guard program.buffers[placement.buffer.index].type == type else { throw noInstruction(id) }
    return (placement, try activationQuantizer(source), split.heads, split.windows)
  }
}
