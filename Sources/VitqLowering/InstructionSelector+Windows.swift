import VitqFormat
import VitqGraph
import VitqOps

/// Blocks of shifted windows are computed in window order: the first normalisation gathers rows,
/// and each half of the block adds its result to the tokens that the rows stand for.
extension InstructionSelector {
  /// With fewer windows than this, threads share windows, so that each has as much to do.
  private static let leastDealtWindows = 16

  /// A linear layer below the node that takes its rows out of window order, and that order.
  func unreversed(_ id: NodeID) -> (id: NodeID, grid: Program.WindowGrid?) {
    guard let reverse = graph[id].operation as? WindowReverse, isFused(id) else { return (id, nil) }
    return (graph[id].operands[0], Program.WindowGrid(reverse.grid))
  }

  /// The patch merging that a normalisation reads, if that is all that reads it.
  func mergingBelow(_ norm: NodeID) -> MergePatches? {
    let operand = graph[norm].operands[0]
    guard isFused(operand) else { return nil }
    return graph[operand].operation as? MergePatches
  }

  /// The windows in whose order a normalisation had best read its operand.
  ///
  /// They are those in which the same thread has just added to it. Padding would be work for
  /// nothing, and only a perceptron does not care for the order of its rows.
  func orderOfReading(_ norm: NodeID, quantizedBy quantizer: NodeID) -> Program.WindowGrid? {
    guard let grid = placementOfOperand(of: norm)?.lastSum, !grid.hasPadding else { return nil }
    let activations = users[quantizer.index].flatMap { users[$0.index] }
    let isPerceptron = activations.allSatisfy {
      graph[$0].operation is GELU || users[$0.index].contains(where: isTabulated)
    }
    return isPerceptron && !activations.isEmpty ? grid : nil
  }

  mutating func emitGatherNorm(
    _ id: NodeID, _ gather: Program.Gather, quantizedBy quantizerID: NodeID
  ) throws(LoweringError) {
    var operand = graph[id].operands.first
    if let merging = operand, graph[merging].operation is MergePatches {
      operand = graph[merging].operands[0]
    }
    guard let norm = graph[id].operation as? LayerNorm, isFused(id), let operand,
      let gamma = constant(graph[id].operands[1]), let beta = constant(graph[id].operands[2])
    else { throw noInstruction(id) }
    let input = try placement(of: operand, for: id)
    let source = program.buffers[input.buffer.index]
    guard source.type == .f32, input.shift == 0, input.order == nil,
      source.rows == gather.tokenCount
    else { throw noInstruction(id) }
    var group = 1
    var order: Program.WindowGrid?
    if case .windows(let grid) = gather {
      if grid.windowCount >= Self.leastDealtWindows { group = grid.windowTokenCount }
      // The value of a partition is in window order itself.
      if !(graph[graph[quantizerID].operands[0]].operation is WindowPartition) { order = grid }
    }
    let quantizer = try storedQuantizer(quantizerID)
    let target = program.addBuffer(
      rows: gather.rowCount, columns: source.columns * gather.tokensPerRow,
      type: quantizer == nil ? .f32 : .u8, group: group)
    program.instructions.append(
      .gatherNorm(
        Program.GatherNorm(
          source: input.buffer, gather: gather,
          gamma: addConstant("\(graph[id].name).gamma", gamma),
          beta: addConstant("\(graph[id].name).beta", beta), epsilon: norm.epsilon,
          quantizer: quantizer, target: target)))
    place(quantizerID, Placement(buffer: target, shift: 0, order: order))
  }

  mutating func emitScatterLinear(
    _ id: NodeID, _ grid: Program.WindowGrid, onto target: Placement
  ) throws(LoweringError) {
    let source = try placement(of: graph[id].operands[0], for: id)
    guard source.shift == 0, target.shift == 0, source.order == nil || source.order == grid,
      program.buffers[source.buffer.index].rows == grid.rowCount,
      program.buffers[target.buffer.index].rows == grid.tokenCount
    else { throw noInstruction(id) }
    try emitLinear(id, into: .scattered(grid, target))
  }
}

extension Program.WindowGrid {
  init(_ grid: WindowGrid) {
    self.init(
      height: grid.height, width: grid.width, windowHeight: grid.windowHeight,
      windowWidth: grid.windowWidth, shiftRows: grid.shiftRows, shiftColumns: grid.shiftColumns)
  }
}
