package import VitqFormat

/// Where the threads of a program must wait for one another.
///
/// A barrier stands before an instruction that reads rows that another thread may have written
/// since the last barrier, or overwrites rows that another may still be reading. The barriers of
/// the program itself add nothing to these: no file can cause a race.
package struct BarrierPlacement {
  private let program: Program
  private var sinceBarrier: Set<BufferAccess> = []

  package init(_ program: Program) { self.program = program }

  /// Whether a barrier must stand before `instruction`, the next of the program.
  package mutating func needsBarrier(before instruction: Program.Instruction) -> Bool {
    let accesses = program.accesses(of: instruction)
    let isNeeded = accesses.contains { access in
      sinceBarrier.contains { $0.conflicts(with: access) }
    }
    if isNeeded { sinceBarrier = [] }
    sinceBarrier.formUnion(accesses)
    return isNeeded
  }
}
