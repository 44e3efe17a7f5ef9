import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

extension InstructionSelector {
  /// Where a linear layer's result goes.
  enum LinearTarget {
    /// A buffer of its own.
    case newBuffer(Program.Epilogue)
    /// Added to what is in memory.
    case sum(Placement)
    /// Stored where nothing is yet.
    case rows(Placement)
    /// Added to the tokens that rows in window order stand for.
    case scattered(Program.WindowGrid, Placement)
    /// Through a quantizer node, after GELU or directly.
    case quantized(NodeID, gelu: Bool)
    /// As real numbers in the name of a quantizer node by rows, after GELU or directly.
    case real(NodeID, gelu: Bool)
  }

  mutating func emitLinear(
    _ id: NodeID, into linearTarget: LinearTarget
  ) throws(LoweringError) {
    let node = graph[id]
    guard node.operation is Linear else { throw noInstruction(id) }
    if let scales = placementOfOperand(of: id)?.scales {
      return try emitRowwiseLinear(id, scales: scales, into: linearTarget)
    }
    let (source, weights) = try input(of: id)

    var rows = demand[id] ?? 0..<0
    let epilogue: Program.Epilogue
    let target: Placement
    switch linearTarget {
    case .newBuffer(let given):
      epilogue = given
      target = Placement(buffer: addBuffer(for: id, .f32), shift: 0)
      place(id, target)
    case .sum(let placement): (epilogue, target) = (.accumulate, placement)
    case .rows(let placement): (epilogue, target) = (.store, placement)
    case .scattered(let grid, let placement):
      program.instructions.append(
        .scatterLinear(
          Program.ScatterLinear(
            source: source.buffer, weights: weights, grid: grid, target: placement.buffer)))
      return
    case .real(let quantizerID, let gelu):
      guard !gelu else { throw noInstruction(quantizerID) }
      rows = demand[quantizerID] ?? rows
      epilogue = .store
      target = addPlacement(for: id, reading: source, .f32)
      place(quantizerID, target)
    case .quantized(let quantizerID, let gelu):
      rows = demand[quantizerID] ?? rows
      let quantizer = try activationQuantizer(quantizerID)
      epilogue = gelu ? .geluQuantize(quantizer) : .quantize(quantizer)
      let isCentred = try isCentred(quantizerID, quantizer)
      guard !(gelu && isCentred) else { throw noInstruction(quantizerID) }
      target = addPlacement(for: id, reading: source, isCentred ? .s8 : .u8)
      place(quantizerID, target)
    }
    // A result that is no code is in the order of its value.
    guard target.order != nil || source.order == nil else { throw noInstruction(id) }
    program.instructions.append(
      .linear(
        source: source.buffer, rows: rows.shifted(by: source.shift), weights: weights,
        epilogue: epilogue, target: target.buffer, targetOffset: target.shift - source.shift))
  }

  /// A buffer for the results of a layer, in the order of its input.
  mutating func addPlacement(
    for id: NodeID, reading source: Placement, _ type: Program.ElementType
  ) -> Placement {
    let isWhole = program.buffers[source.buffer.index].rows == graph[id].rows
    let buffer =
      isWhole
      ? addBuffer(like: source.buffer, columns: graph[id].shape.width, type)
      : addBuffer(for: id, type)
    return Placement(buffer: buffer, shift: 0, order: source.order)
  }

  /// Where the input of a linear layer is, and its weights.
  mutating func input(
    of id: NodeID
  ) throws(LoweringError) -> (source: Placement, weights: Program.Weights) {
    let node = graph[id]
    let source = try placement(of: node.operands[0], for: id)
    guard program.buffers[source.buffer.index].type == .u8,
      let inputQuantizer = try quantizer(of: node.operands[0])
    else { throw .notQuantized(node: node.name, operand: 0) }
    return (source, try addWeights(of: id, inputQuantizer: inputQuantizer))
  }

  /// Whether the codes are keys or values, which are stored less their zero point.
  func isCentred(
    _ id: NodeID, _ quantizer: UniformQuantizer
  ) throws(LoweringError) -> Bool {
    var roles: Set<Bool> = []
    for user in users[id.index] {
      guard graph[user].operation is SplitHeads else {
        roles.insert(false)
        continue
      }
      for product in users[user.index] {
        roles.insert(graph[product].operands.firstIndex(of: user) == 1)
      }
    }
    guard roles.count == 1, let isCentred = roles.first else { throw noInstruction(id) }
    let centred =
      quantizer.minimumCode - quantizer.zeroPoint...quantizer.maximumCode - quantizer.zeroPoint
    guard !isCentred || (-128...127).contains(centred) else {
      throw .unsupportedCodes(node: graph[id].name, expected: -128...127, found: centred)
    }
    return isCentred
  }

  /// The quantizer whose codes a value holds.
  private func quantizer(of id: NodeID) throws(LoweringError) -> UniformQuantizer? {
    switch graph[id].operation {
    case is FakeQuantize, is FakeQuantizeCodebook: try activationQuantizer(id)
    case is SelectRows, is ImagePatches: try quantizer(of: graph[id].operands[0])
    default: nil
    }
  }

  /// Packs the weights of a linear layer.
  private mutating func addWeights(
    of id: NodeID, inputQuantizer: UniformQuantizer
  ) throws(LoweringError) -> Program.Weights {
    let name = graph[id].name
    let (packed, bias) = try packedWeights(of: id)
    let scaling = packed.scaling(inputQuantizer, bias: bias)
    func padded(_ values: [Float]) -> Tensor {
      let count = PanelLayout.padded(packed.outputs)
      return Tensor([count], values + Array(repeating: 0, count: count - values.count))
    }
    return addWeights(
      packed, name: name,
      multipliers: addConstant("\(name).multipliers", padded(scaling.multipliers)),
      offsets: addConstant("\(name).offsets", padded(scaling.offsets)))
  }

  /// The codes of the weights of a linear layer, and its bias.
  func packedWeights(
    of id: NodeID
  ) throws(LoweringError) -> (packed: PackedWeights, bias: [Float]) {
    let node = graph[id]
    let weightNode = graph[node.operands[1]]
    guard let quantize = weightNode.operation as? FakeQuantize,
      let weight = constant(weightNode.operands[0])
    else { throw .notQuantized(node: node.name, operand: 1) }
    guard let bias = constant(node.operands[2]) else {
      throw .notQuantized(node: node.name, operand: 2)
    }
    let packed = try PackedWeights(
      weight, quantizers: quantize.quantizers, node: weightNode.name)
    return (packed, bias.elements)
  }

  mutating func addWeights(
    _ packed: PackedWeights, name: String, multipliers: Program.Constant,
    offsets: Program.Constant
  ) -> Program.Weights {
    let count = PanelLayout.padded(packed.outputs)
    let panels = addConstant(
      LoweredConstant(
        name: "\(name).panels", shape: [packed.panels.count], elements: .bytes(packed.panels)))
    let zeroPoints = packed.zeroPoints + Array(repeating: 0, count: count - packed.outputs)
    return Program.Weights(
      panels: panels, bits: packed.bits, outputs: packed.outputs, inputs: packed.inputs,
      multipliers: multipliers, offsets: offsets,
      zeroPoints: packed.zeroPoints.allSatisfy { $0 == 0 }
        ? nil
        : addConstant(
          LoweredConstant(
            name: "\(name).zero_points", shape: [count], elements: .signedBytes(zeroPoints))))
  }
}
