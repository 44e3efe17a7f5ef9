import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// Linear layers whose input rows have quantizers of their own.
///
/// Such a layer is an instruction that stores its exact sums and one that rescales them row by row;
/// what is quantized by rows is F32 in memory first.
extension InstructionSelector {
  mutating func emitRowQuantizer(_ id: NodeID) throws(LoweringError) {
    let source = selected(graph[id].operands[0])
    switch graph[source.id].operation {
    case is MergeHeads where source.shift == 0: try emitAttention(id, merging: source.id)
    case let gelu as GELU where gelu.form == .polynomial && source.shift == 0:
      try emitLinear(graph[source.id].operands[0], into: .real(id, gelu: true))
    case is Linear where source.shift == 0 && isFused(source.id):
      try emitLinear(source.id, into: .real(id, gelu: false))
    case let partition as WindowPartition where source.shift == 0:
      try emitGatherNorm(
        graph[source.id].operands[0], .windows(Program.WindowGrid(partition.grid)), quantizedBy: id)
    case is LayerNorm where isFused(source.id):
      guard let merging = mergingBelow(source.id), source.shift == 0 else {
        throw noInstruction(source.id)
      }
      try emitGatherNorm(
        source.id, .neighbours(height: merging.height, width: merging.width), quantizedBy: id)
    default: break
    }
    let operand = graph[id].operands[0]
    try emitQuantizeRows(id, of: try placement(of: isPlaced(id) ? id : operand, for: id))
  }

  /// Quantizes the rows of F32 numbers in memory.
  private mutating func emitQuantizeRows(
    _ id: NodeID, of input: Placement
  ) throws(LoweringError) {
    let source = program.buffers[input.buffer.index]
    guard let quantize = graph[id].operation as? FakeQuantizeRows, let rows = demand[id],
      source.type == .f32
    else { throw noInstruction(id) }
    let target = addBuffer(like: input.buffer, columns: source.columns, .u8)
    let scales = addBuffer(like: input.buffer, columns: 2, .f32)
    program.instructions.append(
      .quantizeRows(
        Program.RowQuantization(
          source: input.buffer, rows: rows.shifted(by: input.shift), bits: quantize.bits,
          target: target, scales: scales)))
    place(id, Placement(buffer: target, shift: input.shift, order: input.order, scales: scales))
  }

  /// Emits a linear layer whose input is codes with `scales` by rows.
  mutating func emitRowwiseLinear(
    _ id: NodeID, scales: Program.BufferID, into linearTarget: LinearTarget
  ) throws(LoweringError) {
    let node = graph[id]
    let source = try placement(of: node.operands[0], for: id)
    var rows = demand[id] ?? 0..<0
    let epilogue: Program.RowEpilogue
    let target: Placement
    switch linearTarget {
    case .newBuffer:
      epilogue = .store
      target = Placement(buffer: addBuffer(for: id, .f32), shift: 0)
      place(id, target)
    case .sum(let placement): (epilogue, target) = (.accumulate, placement)
    case .scattered(let grid, let placement):
      (epilogue, target) = (.scatter(grid), placement)
      rows = 0..<grid.rowCount
    case .rows(let placement): (epilogue, target) = (.store, placement)
    case .real(let quantizerID, let gelu):
      rows = demand[quantizerID] ?? rows
      epilogue = gelu ? .gelu : .store
      target = addPlacement(for: id, reading: source, .f32)
      place(quantizerID, target)
    case .quantized(let quantizerID, let gelu):
      rows = demand[quantizerID] ?? rows
      let quantizer = try activationQuantizer(quantizerID)
      guard !gelu else { throw noInstruction(quantizerID) }
      epilogue = .quantize(quantizer)
      let type: Program.ElementType = try isCentred(quantizerID, quantizer) ? .s8 : .u8
      target = addPlacement(for: id, reading: source, type)
      place(quantizerID, target)
    }
    let isScattered = if case .scattered = linearTarget { true } else { false }
    // A result that is no code is in the order of its value.
    guard isScattered || target.order != nil || source.order == nil else { throw noInstruction(id) }
    rows = rows.shifted(by: source.shift)
    let sums = addBuffer(like: source.buffer, columns: node.shape.width, .f32)
    let factors = try rowFactors(of: id)
    program.instructions += [
      .linear(
        source: source.buffer, rows: rows, weights: factors.weights, epilogue: .store, target: sums,
        targetOffset: 0),
      .rescaleRows(
        Program.RowRescaling(
          source: sums, scales: scales, rows: rows, weightSums: factors.sums,
          weightSteps: factors.steps, bias: factors.bias, epilogue: epilogue,
          target: target.buffer, targetOffset: target.shift - source.shift)),
    ]
  }

  /// Packs the weights of a linear layer to give exact sums, and what they are rescaled by.
  private mutating func rowFactors(
    of id: NodeID
  ) throws(LoweringError) -> (
    weights: Program.Weights, sums: Program.Constant, steps: Program.Constant,
    bias: Program.Constant
  ) {
    let name = graph[id].name
    let (packed, bias) = try packedWeights(of: id)
    let count = PanelLayout.padded(packed.outputs)
    func constant(_ name: String, _ values: [Float]) -> LoweredConstant {
      LoweredConstant(name: name, shape: [values.count], elements: .floats(values))
    }
    let weights = addWeights(
      packed, name: name,
      multipliers: addConstant(constant("ones.\(count)", Array(repeating: 1, count: count))),
      offsets: addConstant(constant("zeros.\(count)", Array(repeating: 0, count: count))))
    let sums = packed.centredSums.map { Float($0) }
    return (
      weights, addConstant(constant("\(name).weight_sums", sums)),
      addConstant(constant("\(name).weight_steps", packed.steps)),
      addConstant(constant("\(name).bias", bias))
    )
  }
}
