import VitqFormat

/// One instruction's use of one buffer.
///
/// A thread owns the same rows of every buffer and computes those rows of every target.
struct Access: Equatable {
  var buffer: Program.BufferID
  var isWrite: Bool
  /// Whether a thread may touch rows that it does not own.
  var isForeign: Bool

  /// Whether two threads may touch the same row, one of them writing.
  func conflicts(with other: Access) -> Bool {
    buffer == other.buffer && (isWrite || other.isWrite) && (isForeign || other.isForeign)
  }
}

extension Program.Instruction {
  /// The buffers that the instruction reads and writes.
  var accesses: [Access] {
    func read(_ buffer: Program.BufferID, isForeign: Bool = false) -> Access {
      Access(buffer: buffer, isWrite: false, isForeign: isForeign)
    }
    func write(_ buffer: Program.BufferID) -> Access {
      Access(buffer: buffer, isWrite: true, isForeign: false)
    }
    switch self {
    case .imagePatches(_, let target), .fill(_, _, _, let target): return [write(target)]
    case .linear(let source, _, _, _, let target, let offset):
      return [read(source, isForeign: offset != 0), write(target)]
    case .layerNorm(let source, _, _, _, _, _, let target), .quantize(let source, _, _, let target):
      return [read(source), write(target)]
    case .codebook(let target, _, _): return [write(target)]
    case .attention(let attention):
      return [
        read(attention.queries), read(attention.keys, isForeign: true),
        read(attention.values, isForeign: true), write(attention.target),
      ]
    case .mean(let source, _, let target): return [read(source, isForeign: true), write(target)]
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
    case .codebook(let target, let rows, let levels):
      .codebook(target: map(target), rows: rows, levels: levels)
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
