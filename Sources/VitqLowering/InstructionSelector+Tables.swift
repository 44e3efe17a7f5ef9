import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// GELU of codes, by a table of what each gives.
extension InstructionSelector {
  /// Whether GELU reads codes and only quantizers of its results read it.
  func isTabulated(_ id: NodeID) -> Bool {
    graph[id].operation is GELU && graph[graph[id].operands[0]].operation is FakeQuantize
      && users[graph[id].operands[0].index] == [id] && !graph.outputs.contains(id)
      && users[id.index].count == 1 && isQuantizer(users[id.index][0])
  }

  /// Emits what turns the codes that a GELU reads into those of its quantizer `id`, in their place.
  ///
  ///     %c = fake_quantize(linear(…))
  ///     %y = fake_quantize_codebook(gelu(%c))      or  fake_quantize of it
  mutating func emitTable(_ id: NodeID, of gelu: NodeID) throws(LoweringError) {
    let codes = graph[gelu].operands[0]
    let placement = try placement(of: codes, for: id)
    guard program.buffers[placement.buffer.index].type == .u8, let rows = demand[id],
      let operation = graph[gelu].operation as? GELU
    else { throw noInstruction(id) }
    let read = try activationQuantizer(codes)
    let values = operation.values(of: (0...255).map { read.value(of: $0) })
    let table: [UInt8]
    if let quantize = graph[id].operation as? FakeQuantizeCodebook {
      let (grid, map) = (quantize.quantizer.grid, quantize.quantizer.map)
      table = values.map { map[grid.code(of: $0)] }
    } else {
      let quantizer = try activationQuantizer(id)
      table = values.map { UInt8(quantizer.code(of: $0)) }
    }
    program.instructions.append(
      .lookUp(target: placement.buffer, rows: rows.shifted(by: placement.shift), table: table))
    place(id, placement)
  }
}
