import VitqFormat

/// One instruction's use of one buffer.
///
/// The instruction's rows are split between threads; work on row r touches row r + shift of the
/// buffer. `rows` is `nil` if every thread may touch every row.
struct Access: Equatable {
  var buffer: Program.BufferID
  var rows: Range<Int>?
  var shift: Int
  var isWrite: Bool

  /// Whether two threads may touch the same row, one of them writing.
  func conflicts(with other: Access) -> Bool {
    guard buffer == other.buffer, isWrite || other.isWrite else { return false }
    guard let rows, let others = other.rows else { return true }
    let isSameSplit = rows == others && shift == other.shift
    return !isSameSplit && rows.shifted(by: shift).overlaps(others.shifted(by: other.shift))
  }
}

extension Program.Instruction {
  /// The buffers that the instruction reads and writes.
  func accesses(in program: Program) -> [Access] {
    func read(_ buffer: Program.BufferID, _ rows: Range<Int>?) -> Access {
      Access(buffer: buffer, rows: rows, shift: 0, isWrite: false)
    }
    func write(_ buffer: Program.BufferID, _ rows: Range<Int>, shift: Int = 0) -> Access {
      Access(buffer: buffer, rows: rows, shift: shift, isWrite: true)
    }
    switch self {
    case .imagePatches(_, let target):
      return [write(target, 0..<program.buffers[target.index].rows)]
    case .fill(_, let firstRow, let rows, let target):
      return [write(target, 0..<rows, shift: firstRow)]
    case .linear(let source, let rows, _, _, let target, let offset):
      return [read(source, rows), write(target, rows, shift: offset)]
    case .layerNorm(let source, let rows, _, _, _, _, let target),
      .quantize(let source, let rows, _, let target):
      return [read(source, rows), write(target, rows)]
    case .attention(let attention):
      return [
        read(attention.queries, attention.rows), read(attention.keys, nil),
        read(attention.values, nil), write(attention.target, attention.rows),
      ]
    case .mean(let source, _, let target): return [read(source, nil), write(target, 0..<1)]
    case .barrier: return []
    }
  }

  /// The same instruction on other buffers.
  func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    switch self {
    case .imagePatches(let side, let target): .imagePatches(side: side, target: map(target))
    case .fill(let value, let firstRow, let rows, let target):
      .fill(value: value, firstRow: firstRow, rows: rows, target: map(target))
    case .linear(let source, let rows, let weights, let epilogue, let target, let offset):
      .linear(
        source: map(source), rows: rows, weights: weights, epilogue: epilogue,
        target: map(target), targetOffset: offset)
    case .layerNorm(let source, let rows, let gamma, let beta, let epsilon, let quantizer, let y):
      .layerNorm(
        source: map(source), rows: rows, gamma: gamma, beta: beta, epsilon: epsilon,
        quantizer: quantizer, target: map(y))
    case .quantize(let source, let rows, let quantizer, let target):
      .quantize(source: map(source), rows: rows, quantizer: quantizer, target: map(target))
    case .attention(let attention):
      .attention(attention.mappingBuffers(map))
    case .mean(let source, let rows, let target):
      .mean(source: map(source), rows: rows, target: map(target))
    case .barrier: .barrier
    }
  }
}

extension Program.Attention {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.queries = map(queries)
    result.keys = map(keys)
    result.values = map(values)
    result.target = map(target)
    return result
  }
}
