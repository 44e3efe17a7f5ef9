import VitqFormat

/// Places barriers, and lets buffers share memory where that costs no barrier.
///
/// Threads own rows: as long as an instruction reads the rows that it writes, no thread waits for
/// another. A barrier goes before the first instruction that touches
/// what another thread wrote, or overwrites what another thread may still read, since the last
/// barrier. A buffer takes the memory of a dead one of the same shape and type only if that
/// needs no further barrier; so keys and values alternate between two buffers and each block
/// has one barrier.
struct Schedule {
  private var program: Program
  private var scheduled: Program
  private var physical: [Program.BufferID: Program.BufferID] = [:]
  private var free: [Program.BufferID] = []
  private var sinceBarrier: Set<BufferAccess> = []

  private let sharesMemory: Bool

  private init(_ program: Program, sharesMemory: Bool) {
    self.program = program
    self.sharesMemory = sharesMemory
    scheduled = Program(imageHeight: program.imageHeight, imageWidth: program.imageWidth)
  }

  /// The program with barriers, and the buffer that each of its buffers became.
  static func applied(
    to program: Program, sharesMemory: Bool
  ) -> (program: Program, buffers: [Program.BufferID: Program.BufferID]) {
    var schedule = Schedule(program, sharesMemory: sharesMemory)
    schedule.run()
    return (schedule.scheduled, schedule.physical)
  }

  private mutating func run() {
    let accesses = program.instructions.map(program.accesses(of:))
    var lastUse: [Program.BufferID: Int] = [:]
    for (index, list) in accesses.enumerated() {
      for access in list { lastUse[access.buffer] = index }
    }
    for buffer in [program.logits, program.features].compactMap({ $0 }) { lastUse[buffer] = .max }

    for (index, instruction) in program.instructions.enumerated() {
      let known = accesses[index].filter { physical[$0.buffer] != nil }.map(mapped)
      if known.contains(where: conflicts) { placeBarrier() }
      for access in accesses[index] where physical[access.buffer] == nil {
        physical[access.buffer] = memory(for: access)
      }
      sinceBarrier.formUnion(accesses[index].map(mapped))
      scheduled.instructions.append(instruction.mappingBuffers { physical[$0] ?? $0 })
      let dead = Set(accesses[index].map(\.buffer)).filter { lastUse[$0] == index }
      free += dead.compactMap { physical[$0] }.sorted { $0.index < $1.index }
    }
    scheduled.logits = physical[program.logits] ?? program.logits
    scheduled.features = program.features.flatMap { physical[$0] }
  }

  private mutating func placeBarrier() {
    scheduled.instructions.append(.barrier)
    sinceBarrier = []
  }

  private func mapped(_ access: BufferAccess) -> BufferAccess {
    var result = access
    result.buffer = physical[access.buffer] ?? access.buffer
    return result
  }

  private func conflicts(_ access: BufferAccess) -> Bool {
    sinceBarrier.contains { $0.conflicts(with: access) }
  }

  /// A free buffer that needs no barrier, or a new one.
  private mutating func memory(for access: BufferAccess) -> Program.BufferID {
    let wanted = program.buffers[access.buffer.index]
    let choice = free.firstIndex { candidate in
      var moved = access
      moved.buffer = candidate
      return sharesMemory && scheduled.buffers[candidate.index] == wanted && !conflicts(moved)
    }
    if let choice { return free.remove(at: choice) }
    scheduled.buffers.append(wanted)
    return Program.BufferID(index: scheduled.buffers.count - 1)
  }
}
