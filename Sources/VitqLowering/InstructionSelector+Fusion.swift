import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// Which nodes are computed on the way of another's instruction.
extension InstructionSelector {
  /// The node behind row selections, and by how many rows they shift it.
  func selected(_ id: NodeID) -> (id: NodeID, shift: Int) {
    guard let select = graph[id].operation as? SelectRows, !isPlaced(id) else { return (id, 0) }
    let inner = selected(graph[id].operands[0])
    return (inner.id, inner.shift + select.first)
  }

  /// Whether only instructions that compute `id` themselves read it.
  func isFused(_ id: NodeID) -> Bool {
    guard !graph.outputs.contains(id) else { return false }
    let readers = users[id.index].filter { demand[$0] != nil }
    switch graph[id].operation {
    case is LayerNorm: return readers.allSatisfy(isQuantizerOfSelection)
    case is WindowPartition:
      return isFused(graph[id].operands[0])
        && readers.allSatisfy(isQuantizer)
    case is MergePatches:
      return readers.allSatisfy { graph[$0].operation is LayerNorm && isFused($0) }
    case is WindowReverse:
      return readers.count == 1 && graph[readers[0]].operation is Add
    case is Linear:
      guard readers.count == 1 else { return false }
      switch graph[readers[0]].operation {
      case is FakeQuantize, is FakeQuantizeCodebook, is FakeQuantizeRows, is Add, is Concatenate:
        return true
      case is WindowReverse: return isFused(readers[0])
      case is GELU: return users[readers[0].index].allSatisfy(isQuantizer)
      default: return false
      }
    default: return false
    }
  }

  func isFusedLinear(_ id: NodeID) -> Bool { graph[id].operation is Linear && isFused(id) }

  /// Whether a node quantizes an activation.
  func isQuantizer(_ id: NodeID) -> Bool {
    graph[id].operation is FakeQuantize || graph[id].operation is FakeQuantizeCodebook
      || graph[id].operation is FakeQuantizeRows
  }

  private func isQuantizerOfSelection(_ id: NodeID) -> Bool {
    switch graph[id].operation {
    case is FakeQuantize, is FakeQuantizeCodebook: true
    // Rows are quantized from memory, unless they are gathered on the way there.
    case is FakeQuantizeRows:
      graph[graph[graph[id].operands[0]].operands[0]].operation is MergePatches
    case is SelectRows:
      !graph.outputs.contains(id) && users[id.index].allSatisfy(isQuantizerOfSelection)
    case is WindowPartition:
      !graph.outputs.contains(id) && users[id.index].allSatisfy(isQuantizer)
    default: false
    }
  }

  /// The last node whose instruction reads the memory of `id`.
  func lastReader(of id: NodeID) -> NodeID? {
    var last: NodeID? = nil
    for user in users[id.index] where demand[user] != nil {
      let reader: NodeID?
      switch graph[user].operation {
      case is LayerNorm where isFused(user), is SelectRows, is WindowPartition, is MergePatches:
        reader = lastReader(of: user)
      default: reader = user
      }
      if let reader, reader.index > last?.index ?? -1 { last = reader }
    }
    return last
  }

  func constant(_ id: NodeID) -> Tensor? { graph.constant(id) }

  mutating func addConstant(_ name: String, _ tensor: Tensor) -> Program.Constant {
    addConstant(
      LoweredConstant(
        name: name, shape: tensor.shape.dimensions, elements: .floats(tensor.elements)))
  }

  /// Adds a constant; a second one of the same name is the same one.
  mutating func addConstant(_ constant: LoweredConstant) -> Program.Constant {
    if !constants.contains(where: { $0.name == constant.name }) { constants.append(constant) }
    return Program.Constant(constant.name)
  }

  /// The quantizer of what an instruction stores in the name of `id`; `nil` for real numbers, which a
  /// quantizer by rows reads.
  func storedQuantizer(_ id: NodeID) throws(LoweringError) -> UniformQuantizer? {
    graph[id].operation is FakeQuantizeRows ? nil : try activationQuantizer(id)
  }

  /// The one quantizer of an activation with codes that fit `u8`; of a codebook the part of its
  /// grid between the first and the last level.
  func activationQuantizer(_ id: NodeID) throws(LoweringError) -> UniformQuantizer {
    if let quantize = graph[id].operation as? FakeQuantizeCodebook,
      let first = quantize.quantizer.levels.first, let last = quantize.quantizer.levels.last
    {
      var used = quantize.quantizer.grid
      (used.minimumCode, used.maximumCode) = (Int(first), Int(last))
      return used
    }
    guard let quantize = graph[id].operation as? FakeQuantize, quantize.quantizers.count == 1
    else { throw noInstruction(id) }
    let quantizer = quantize.quantizers[0]
    guard quantizer.minimumCode >= 0, quantizer.maximumCode <= 255 else {
      throw .unsupportedCodes(
        node: graph[id].name, expected: 0...255,
        found: quantizer.minimumCode...quantizer.maximumCode)
    }
    return quantizer
  }
}
