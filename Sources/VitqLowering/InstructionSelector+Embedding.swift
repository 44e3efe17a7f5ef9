import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// The token matrix: rows of constants (class token, registers), rows of the patch embedding,
/// and a position embedding added to them, in whichever order the graph has it.
extension InstructionSelector {
  /// Consecutive rows of the token matrix.
  private struct Segment {
    /// Rows first ..< first + count of this layer's result, or none.
    var linear: (id: NodeID, first: Int)?
    /// What is added to the layer, or the value of constant rows; count · C numbers.
    var constant: [Float]?
    var count: Int

    /// The segment's rows from `first` on, `count` of them.
    func rows(_ first: Int, _ count: Int, width: Int) -> Segment {
      Segment(
        linear: linear.map { ($0.id, $0.first + first) },
        constant: constant.map { Array($0[first * width..<(first + count) * width]) },
        count: count)
    }
  }

  func isEmbedding(_ id: NodeID) -> Bool { segments(of: id) != nil }

  /// Whether every reader of this node is part of the token matrix too.
  func isPartOfEmbedding(_ id: NodeID) -> Bool {
    !graph.outputs.contains(id) && isEmbedding(id)
      && users[id.index].allSatisfy {
        (graph[$0].operation is Add || graph[$0].operation is Concatenate) && isEmbedding($0)
      }
  }

  mutating func emitEmbedding(_ id: NodeID) throws(LoweringError) {
    guard let segments = segments(of: id) else { throw noInstruction(id) }
    let width = graph[id].shape.width
    let target = addBuffer(for: id, .f32)
    var firstRow = 0
    for segment in segments {
      if let constant = segment.constant {
        let elements = LoweredConstant.Elements(narrowest: constant)
        let value = addConstant(
          LoweredConstant(
            name: "\(graph[id].name).rows.\(firstRow)", shape: [segment.count, width],
            elements: elements))
        program.instructions.append(
          .fill(
            value: value, type: elements.constantType, firstRow: firstRow, rows: segment.count,
            target: target))
      }
      firstRow += segment.count
    }

    firstRow = 0
    for segment in segments {
      if let linear = segment.linear {
        guard segment.count == graph[linear.id].rows else { throw noInstruction(id) }
        let placement = Placement(buffer: target, shift: firstRow)
        try emitLinear(
          linear.id, into: segment.constant == nil ? .rows(placement) : .sum(placement))
      }
      firstRow += segment.count
    }
    place(id, Placement(buffer: target, shift: 0))
  }

  /// The rows of a value made of constants and linear layers only; `nil` if it is not.
  private func segments(of id: NodeID) -> [Segment]? {
    guard !isPlaced(id), graph[id].shape.rank == 2 else { return nil }
    let node = graph[id]
    switch node.operation {
    case let constant as Constant:
      return [Segment(linear: nil, constant: constant.value.elements, count: node.rows)]
    case is Linear where isFused(id):
      return [Segment(linear: (id, 0), constant: nil, count: node.rows)]
    case is Concatenate:
      var all: [Segment] = []
      for operand in node.operands {
        guard let part = segments(of: operand) else { return nil }
        all += part
      }
      return all
    case is Add:
      // The sum of two layers is no row of constants: it accumulates instead.
      guard let left = segments(of: node.operands[0]),
        let right = constantRows(node.operands[1], like: node)
          ?? segments(of: node.operands[1])
      else { return nil }
      return sum(left, right, width: node.shape.width)
    default: return nil
    }
  }

  /// A constant operand of a sum, repeated for each row if it is one row.
  private func constantRows(_ id: NodeID, like sum: Node) -> [Segment]? {
    guard let tensor = constant(id) else { return nil }
    let repeats = sum.shape.elementCount / max(tensor.shape.elementCount, 1)
    let rows = Array(repeatElement(tensor.elements, count: repeats).joined())
    return [Segment(linear: nil, constant: rows, count: sum.rows)]
  }

  /// Adds two row lists; `nil` if a layer would get two addends, which FP32 does not reorder.
  private func sum(_ left: [Segment], _ right: [Segment], width: Int) -> [Segment]? {
    var result: [Segment] = []
    var (l, r) = (0, 0)
    var (lUsed, rUsed) = (0, 0)
    while l < left.count, r < right.count {
      let count = min(left[l].count - lUsed, right[r].count - rUsed)
      let a = left[l].rows(lUsed, count, width: width)
      let b = right[r].rows(rUsed, count, width: width)
      switch (a.linear, b.linear) {
      case (nil, nil):
        guard let x = a.constant, let y = b.constant else { return nil }
        result.append(Segment(linear: nil, constant: zip(x, y).map { $0 + $1 }, count: count))
      case (let linear?, nil) where a.constant == nil:
        result.append(Segment(linear: linear, constant: b.constant, count: count))
      case (nil, let linear?) where b.constant == nil:
        result.append(Segment(linear: linear, constant: a.constant, count: count))
      default: return nil
      }
      lUsed += count
      rUsed += count
      if lUsed == left[l].count { (l, lUsed) = (l + 1, 0) }
      if rUsed == right[r].count { (r, rUsed) = (r + 1, 0) }
    }
    return l == left.count && r == right.count ? result : nil
  }
}

extension LoweredConstant.Elements {
  /// Numbers as BF16 if that holds them all exactly, or else as F32.
  fileprivate init(narrowest numbers: [Float]) {
    let bits = numbers.map(\.bitPattern)
    self =
      bits.allSatisfy { $0 & 0xFFFF == 0 }
      ? .bfloat16(bits.map { UInt16($0 >> 16) }) : .floats(numbers)
  }

  fileprivate var constantType: Program.ConstantType {
    if case .bfloat16 = self { .bf16 } else { .f32 }
  }
}
