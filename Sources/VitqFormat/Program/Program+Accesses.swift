/// The rows of a buffer that each thread touches: those that it is dealt, or where a grid puts them.
///
/// Of T threads, thread t is dealt the groups [n t / T, n (t + 1) / T) of the n groups of rows.
/// Two accesses of equal partitions never meet in a row.
package struct RowPartition: Hashable, Sendable {
  package var rows: Int
  package var group: Int
  /// The grid that maps the rows dealt to the rows touched; `nil` if they are the same.
  package var grid: Program.WindowGrid?

  package init(rows: Int, group: Int, grid: Program.WindowGrid? = nil) {
    self.rows = rows
    self.group = group
    self.grid = grid
  }
}

/// One instruction's use of one buffer.
package struct BufferAccess: Hashable, Sendable {
  package var buffer: Program.BufferID
  package var isWrite: Bool
  /// `nil` if a thread may touch any row.
  package var partition: RowPartition?

  /// Whether two threads may touch the same row, one of them writing.
  package func conflicts(with other: BufferAccess) -> Bool {
    buffer == other.buffer && (isWrite || other.isWrite)
      && (partition == nil || partition != other.partition)
  }
}

extension Program {
  /// How the rows of an instruction are dealt to threads; `nil` for a barrier.
  ///
  /// The buffers of an instruction have the same rows in the same groups, or else one of them is
  /// read across rows; the larger one is dealt.
  package func partition(of instruction: Instruction) -> RowPartition? {
    func partition(_ id: BufferID, _ other: BufferID? = nil) -> RowPartition {
      var buffer = buffers[id.index]
      if let other, buffers[other.index].rows > buffer.rows { buffer = buffers[other.index] }
      return RowPartition(rows: buffer.rows, group: buffer.group)
    }
    switch instruction {
    case .imagePatches(_, let target), .fill(_, _, _, _, let target), .mean(_, _, let target),
      .codebook(let target, _, _), .lookUp(let target, _, _):
      return partition(target)
    case .linear(let source, _, _, _, let target, _),
      .layerNorm(let source, _, _, _, _, _, let target), .quantize(let source, _, _, let target):
      return partition(target, source)
    case .quantizeRows(let quantization):
      return partition(quantization.target, quantization.source)
    case .rescaleRows(let rescaling):
      if case .scatter = rescaling.epilogue { return partition(rescaling.source) }
      return partition(rescaling.target, rescaling.source)
    case .attention(let attention): return partition(attention.target, attention.queries)
    case .gatherNorm(let norm): return partition(norm.target)
    case .scatterLinear(let linear): return partition(linear.source)
    case .barrier: return nil
    }
  }

  /// The buffers that an instruction reads and writes.
  package func accesses(of instruction: Instruction) -> [BufferAccess] {
    guard let own = partition(of: instruction) else { return [] }
    func read(_ buffer: BufferID, isForeign: Bool = false) -> BufferAccess {
      BufferAccess(buffer: buffer, isWrite: false, partition: isForeign ? nil : own)
    }
    func write(_ buffer: BufferID) -> BufferAccess {
      BufferAccess(buffer: buffer, isWrite: true, partition: own)
    }
    func access(_ buffer: BufferID, isWrite: Bool, through grid: WindowGrid) -> BufferAccess {
      var partition = own
      partition.grid = grid
      return BufferAccess(buffer: buffer, isWrite: isWrite, partition: partition)
    }
    switch instruction {
    case .imagePatches(_, let target), .fill(_, _, _, _, let target), .codebook(let target, _, _),
      .lookUp(let target, _, _):
      return [write(target)]
    case .linear(let source, _, _, _, let target, let offset):
      return [read(source, isForeign: offset != 0), write(target)]
    case .layerNorm(let source, _, _, _, _, _, let target), .quantize(let source, _, _, let target):
      return [read(source), write(target)]
    case .quantizeRows(let quantization):
      return [
        read(quantization.source), write(quantization.target), write(quantization.scales),
      ]
    case .rescaleRows(let rescaling):
      let isForeign = rescaling.targetOffset != 0
      let sources = [
        read(rescaling.source, isForeign: isForeign), read(rescaling.scales, isForeign: isForeign),
      ]
      if case .scatter(let grid) = rescaling.epilogue {
        return sources + [access(rescaling.target, isWrite: true, through: grid)]
      }
      return sources + [write(rescaling.target)]
    case .attention(let attention):
      // Whole windows are dealt: a window's keys belong to the thread of its queries.
      let isOwn = attention.windows.map { own.group % $0.tokenCount == 0 } ?? false
      return [
        read(attention.queries), read(attention.keys, isForeign: !isOwn),
        read(attention.values, isForeign: !isOwn), write(attention.target),
      ]
    case .mean(let source, _, let target): return [read(source, isForeign: true), write(target)]
    case .gatherNorm(let norm):
      switch norm.gather {
      case .windows(let grid):
        return [access(norm.source, isWrite: false, through: grid), write(norm.target)]
      case .neighbours: return [read(norm.source, isForeign: true), write(norm.target)]
      }
    case .scatterLinear(let linear):
      return [read(linear.source), access(linear.target, isWrite: true, through: linear.grid)]
    case .barrier: return []
    }
  }
}
