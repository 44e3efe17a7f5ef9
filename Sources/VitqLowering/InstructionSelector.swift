import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// Covers a quantized graph with instructions.
///
/// Nodes are visited in order. A node that an instruction computes on its way, such as the
/// layer normalisation before a quantizer, is skipped and found again from the node that ends
/// the instruction. Every instruction writes a buffer of its own here, except sums, which are
/// computed in place; ``Schedule`` then lets buffers share memory.
struct InstructionSelector {
  /// Row r of a value is row r + `shift` of a buffer.
  struct Placement {
    var buffer: Program.BufferID
    var shift: Int
    /// The windows in whose order the buffer holds the rows of the value, if not in the value's
    /// own; the shift is 0 then.
    var order: Program.WindowGrid?
    /// Step and zero point of each row of codes that have their own.
    var scales: Program.BufferID?
    /// The windows that a sum was last added to in, so that the next reader had best read in.
    var lastSum: Program.WindowGrid?
  }

  let graph: Graph
  let users: [[NodeID]]
  let demand: RowDemand
  var program: Program
  var constants: [LoweredConstant] = []
  private var placements: [Placement?]

  init(_ graph: Graph, options: LoweringOptions) throws(LoweringError) {
    let inputs = graph.ids.filter { graph[$0].operation is Input }
    guard inputs.count == 1, graph.outputs.count == 1, graph[inputs[0]].shape.rank == 3 else {
      throw .unsupportedInterface(inputs: inputs.count, outputs: graph.outputs.count)
    }
    self.graph = graph
    var users = Array(repeating: [NodeID](), count: graph.nodes.count)
    for id in graph.ids { for operand in graph[id].operands { users[operand.index].append(id) } }
    self.users = users
    demand = RowDemand(graph, all: options.computesAllRows)
    let image = graph[inputs[0]].shape
    program = Program(imageHeight: image[1], imageWidth: image[2])
    placements = Array(repeating: nil, count: graph.nodes.count)
  }

  mutating func select() throws(LoweringError) {
    for id in graph.ids where demand[id] != nil { try visit(id) }
    let logits = try placement(of: graph.outputs[0], for: graph.outputs[0])
    guard program.buffers[logits.buffer.index].type == .f32, logits.shift == 0 else {
      throw noInstruction(graph.outputs[0])
    }
    program.logits = logits.buffer
    program.features = featuresBuffer()
  }

  // MARK: What each node becomes

  private mutating func visit(_ id: NodeID) throws(LoweringError) {
    switch graph[id].operation {
    case is FakeQuantize, is FakeQuantizeCodebook: try visitQuantizer(id)
    case is FakeQuantizeRows: try emitRowQuantizer(id)
    case is ImagePatches: try emitImagePatches(id)
    case is LayerNorm where !isFused(id): try emitLayerNorm(id, quantizedBy: nil)
    case is Linear where !isFused(id): try emitLinear(id, into: .newBuffer(.store))
    case is Add: try visitSum(id)
    case is Concatenate where !isPartOfEmbedding(id): try emitEmbedding(id)
    case is MeanRows: try emitMean(id)
    case let select as SelectRows:
      if let source = placements[graph[id].operands[0].index] {
        place(id, Placement(buffer: source.buffer, shift: source.shift + select.first))
      }
    default: break
    }
  }

  private mutating func visitQuantizer(_ id: NodeID) throws(LoweringError) {
    let source = selected(graph[id].operands[0])
    switch graph[source.id].operation {
    case is Constant, is Softmax: return
    case is Input:
      let bytes = UniformQuantizer(step: 1 / 255, zeroPoint: 0, minimumCode: 0, maximumCode: 255)
      guard (graph[id].operation as? FakeQuantize)?.quantizers == [bytes] else {
        throw .unsupportedImageQuantizer(node: graph[id].name)
      }
    case is Linear where source.shift == 0 && isFused(source.id):
      try emitLinear(source.id, into: .quantized(id, gelu: false))
    case is GELU where source.shift == 0 && isTabulated(source.id):
      return try emitTable(id, of: source.id)
    case let gelu as GELU where gelu.form == .polynomial && source.shift == 0:
      try emitLinear(graph[source.id].operands[0], into: .quantized(id, gelu: true))
    case is MergeHeads where source.shift == 0: try emitAttention(id, merging: source.id)
    case let partition as WindowPartition where source.shift == 0:
      try emitGatherNorm(
        graph[source.id].operands[0], .windows(Program.WindowGrid(partition.grid)), quantizedBy: id)
    case is LayerNorm where isFused(source.id):
      if let merging = mergingBelow(source.id), source.shift == 0 {
        try emitGatherNorm(
          source.id, .neighbours(height: merging.height, width: merging.width), quantizedBy: id)
      } else if let grid = orderOfReading(source.id, quantizedBy: id), source.shift == 0 {
        try emitGatherNorm(source.id, .windows(grid), quantizedBy: id)
      } else {
        try emitLayerNorm(source.id, quantizedBy: id)
      }
    default: try emitQuantize(id)
    }
    try emitCodebook(id)
  }

  /// Emits what turns codes of a grid into those of a codebook, if the quantizer `id` has one.
  private mutating func emitCodebook(_ id: NodeID) throws(LoweringError) {
    guard let quantize = graph[id].operation as? FakeQuantizeCodebook else { return }
    let codes = try placement(of: id, for: id)
    guard program.buffers[codes.buffer.index].type == .u8, let rows = demand[id] else {
      throw noInstruction(id)
    }
    program.instructions.append(
      .codebook(
        target: codes.buffer, rows: rows.shifted(by: codes.shift),
        levels: quantize.quantizer.levels))
  }

  private mutating func visitSum(_ id: NodeID) throws(LoweringError) {
    if isEmbedding(id) {
      if !isPartOfEmbedding(id) { try emitEmbedding(id) }
      return
    }
    let (left, right) = (graph[id].operands[0], graph[id].operands[1])
    guard left != right else { throw noInstruction(id) }
    if isFusedLinear(left), isFusedLinear(right) {
      try emitLinear(left, into: .newBuffer(.store))
      try accumulate(right, onto: left, as: id)
    } else if isFusedLinear(unreversed(right).id) {
      try accumulate(right, onto: left, as: id)
    } else if isFusedLinear(unreversed(left).id) {
      try accumulate(left, onto: right, as: id)
    } else {
      throw noInstruction(id)
    }
  }

  private mutating func accumulate(
    _ addend: NodeID, onto base: NodeID, as sum: NodeID
  ) throws(LoweringError) {
    if let reader = lastReader(of: base), reader.index > sum.index {
      throw .overwritten(node: graph[base].name, reader: graph[reader].name)
    }
    let target = try placement(of: base, for: sum)
    guard program.buffers[target.buffer.index].type == .f32 else { throw noInstruction(sum) }
    let (linear, grid) = unreversed(addend)
    let order = grid ?? placementOfOperand(of: linear)?.order
    if let order {
      try emitScatterLinear(linear, order, onto: target)
    } else {
      try emitLinear(linear, into: .sum(target))
    }
    place(sum, Placement(buffer: target.buffer, shift: target.shift, lastSum: order))
  }

  // MARK: Instructions that need no file of their own

  private mutating func emitImagePatches(_ id: NodeID) throws(LoweringError) {
    guard let patches = graph[id].operation as? ImagePatches,
      graph[graph[id].operands[0]].operation is FakeQuantize
    else { throw noInstruction(id) }
    let target = addBuffer(for: id, .u8)
    program.instructions.append(.imagePatches(side: patches.side, target: target))
    place(id, Placement(buffer: target, shift: 0))
  }

  private mutating func emitLayerNorm(
    _ id: NodeID, quantizedBy quantizerID: NodeID?
  ) throws(LoweringError) {
    guard let norm = graph[id].operation as? LayerNorm,
      let gamma = constant(graph[id].operands[1]), let beta = constant(graph[id].operands[2])
    else { throw noInstruction(id) }
    let input = try placement(of: graph[id].operands[0], for: id)
    let source = program.buffers[input.buffer.index]
    guard source.type == .f32 else { throw noInstruction(id) }
    var quantizer: UniformQuantizer?
    var result = (id: id, shift: input.shift, rows: demand[id] ?? 0..<0)
    if let quantizerID {
      // The quantizer may read selected rows only.
      let selection = selected(graph[quantizerID].operands[0])
      quantizer = try activationQuantizer(quantizerID)
      result = (quantizerID, input.shift + selection.shift, demand[quantizerID] ?? 0..<0)
    }
    let target = program.addBuffer(
      rows: source.rows, columns: source.columns, type: quantizer == nil ? .f32 : .u8)
    program.instructions.append(
      .layerNorm(
        source: input.buffer, rows: result.rows.shifted(by: result.shift),
        gamma: addConstant("\(graph[id].name).gamma", gamma),
        beta: addConstant("\(graph[id].name).beta", beta), epsilon: norm.epsilon,
        quantizer: quantizer, target: target))
    place(result.id, Placement(buffer: target, shift: result.shift))
  }

  private mutating func emitQuantize(_ id: NodeID) throws(LoweringError) {
    let input = try placement(of: graph[id].operands[0], for: id)
    let source = program.buffers[input.buffer.index]
    guard source.type == .f32, let rows = demand[id] else { throw noInstruction(id) }
    let target = program.addBuffer(rows: source.rows, columns: source.columns, type: .u8)
    program.instructions.append(
      .quantize(
        source: input.buffer, rows: rows.shifted(by: input.shift),
        quantizer: try activationQuantizer(id), target: target))
    place(id, Placement(buffer: target, shift: input.shift))
  }

  private mutating func emitMean(_ id: NodeID) throws(LoweringError) {
    let operand = graph[id].operands[0]
    let input = try placement(of: operand, for: id)
    guard program.buffers[input.buffer.index].type == .f32 else { throw noInstruction(id) }
    let target = addBuffer(for: id, .f32)
    let rows = (0..<graph[operand].rows).shifted(by: input.shift)
    program.instructions.append(.mean(source: input.buffer, rows: rows, target: target))
    place(id, Placement(buffer: target, shift: 0))
  }

  // MARK: Placement

  mutating func place(_ id: NodeID, _ placement: Placement) { placements[id.index] = placement }

  func isPlaced(_ id: NodeID) -> Bool { placements[id.index] != nil }

  func placement(of id: NodeID, for reader: NodeID) throws(LoweringError) -> Placement {
    if let placement = placements[id.index] { return placement }
    throw .notInMemory(
      node: graph[id].name, mnemonic: mnemonic(id), reader: graph[reader].name)
  }

  mutating func addBuffer(for id: NodeID, _ type: Program.ElementType) -> Program.BufferID {
    program.addBuffer(rows: graph[id].rows, columns: graph[id].shape.width, type: type)
  }

  /// A buffer for rows that are computed one by one from those of another.
  mutating func addBuffer(
    like other: Program.BufferID, columns: Int, _ type: Program.ElementType
  ) -> Program.BufferID {
    let buffer = program.buffers[other.index]
    return program.addBuffer(
      rows: buffer.rows, columns: columns, type: type, group: buffer.group)
  }

  /// Where the first operand of a node is, if it is in memory.
  func placementOfOperand(of id: NodeID) -> Placement? {
    placements[graph[id].operands[0].index]
  }

  func mnemonic(_ id: NodeID) -> String { type(of: graph[id].operation).mnemonic }

  func noInstruction(_ id: NodeID) -> LoweringError {
    .noInstruction(node: graph[id].name, mnemonic: mnemonic(id))
  }

  /// Where the codes of each quantizer node are, given what became of the buffers.
  func storedCodes(
    in buffers: [Program.BufferID: Program.BufferID]
  ) -> [NodeID: StoredRows] {
    var result: [NodeID: StoredRows] = [:]
    for id in graph.ids where isQuantizer(id) && !users[id.index].contains(where: isTabulated) {
      guard let placement = placements[id.index], let rows = demand[id],
        let buffer = buffers[placement.buffer]
      else { continue }
      result[id] = StoredRows(
        buffer: buffer, shift: placement.shift, order: placement.order, rows: rows)
    }
    return result
  }

  /// The buffer whose row 0 the classifier reads, if there is one.
  private func featuresBuffer() -> Program.BufferID? {
    guard let features = graph.landmarks[.features] else { return nil }
    let candidates = [features] + users[features.index]
    return candidates.lazy.compactMap { placements[$0.index] }.first { $0.shift == 0 }?.buffer
  }
}

extension Range<Int> {
  func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}
