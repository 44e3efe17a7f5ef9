package import VitqFormat

/// Where the threads of a program must wait for one another.
///
/// A thread owns the same rows of every buffer, so it needs no other thread as long as row r of a
/// result depends on row r of the operands. A barrier stands before an instruction that reads rows
/// of others written since the last barrier, or overwrites rows others may still be reading. The
/// barriers of the program itself add nothing to these: no file can cause a race.
package struct BarrierPlacement {
  private var written: Set<Program.BufferID> = []
  private var readByOthers: Set<Program.BufferID> = []

  package init() {}

  /// Whether a barrier must stand before `instruction`, the next of the program.
  package mutating func needsBarrier(before instruction: Program.Instruction) -> Bool {
    guard let target = instruction.target else { return false }
    let foreign = instruction.buffersReadAcrossRows
    let isNeeded = !written.isDisjoint(with: foreign) || readByOthers.contains(target)
    if isNeeded {
      written = []
      readByOthers = []
    }
    written.insert(target)
    readByOthers.formUnion(foreign)
    return isNeeded
  }
}

extension Program.Instruction {
  /// The buffer an instruction writes.
  var target: Program.BufferID? {
    switch self {
    case .imagePatches(_, let target), .fill(_, _, _, let target),
      .linear(_, _, _, _, let target, _), .layerNorm(_, _, _, _, _, _, let target),
      .quantize(_, _, _, let target), .codebook(let target, _, _), .mean(_, _, let target):
      target
    case .attention(let attention): attention.target
    case .barrier: nil
    }
  }

  /// The buffers of which an instruction reads other rows than those it computes.
  var buffersReadAcrossRows: Set<Program.BufferID> {
    switch self {
    case .linear(let source, _, _, _, _, let targetOffset): targetOffset == 0 ? [] : [source]
    case .attention(let attention): [attention.keys, attention.values]
    case .mean(let source, _, _): [source]
    case .imagePatches, .fill, .layerNorm, .quantize, .codebook, .barrier: []
    }
  }
}
