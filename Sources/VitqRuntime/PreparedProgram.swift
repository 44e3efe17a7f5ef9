import CVitqKernels
import VitqFormat

/// A program in the form that the C runtime executes, shared by all sessions of a model.
///
/// Weights stay where they are in the file.
@safe
final class PreparedProgram: Sendable {
  let program: Program
  let layout: ArenaLayout
  let instructionSet: InstructionSet
  /// Bytes of scratch for each thread, a multiple of 64.
  let scratchByteCount: Int
  /// For each instruction to execute the index of that of the program, `nil` for a barrier.
  let origins: [Int?]
  /// The instructions refer to its memory.
  private let constants: ProgramConstants
  /// Written once, in `init`; afterwards only read.
  private nonisolated(unsafe) let instructions: UnsafeMutableBufferPointer<vitq_instruction>
  /// The instructions refer to its memory too; unchanged after `init`.
  private nonisolated(unsafe) let rowTables = RowTables()

  /// Prepares a program that ``ProgramVerifier`` accepts.
  init(
    _ program: Program, constants: ProgramConstants, instructionSet: InstructionSet
  ) throws(RuntimeError) {
    self.program = program
    self.constants = constants
    self.instructionSet = instructionSet
    layout = try ArenaLayout(program.buffers)

    let preparation = unsafe InstructionPreparation(program, constants, layout, rowTables)
    var barriers = BarrierPlacement(program)
    var prepared: [vitq_instruction] = unsafe []
    var origins: [Int?] = []
    var scratch = 0
    for (index, instruction) in program.instructions.enumerated() {
      guard let next = try unsafe preparation.prepare(instruction) else { continue }
      if barriers.needsBarrier(before: instruction) {
        unsafe prepared.append(vitq_instruction())
        origins.append(nil)
      }
      unsafe scratch = max(scratch, Self.scratchByteCount(of: next))
      unsafe prepared.append(next)
      origins.append(index)
    }
    self.origins = origins
    scratchByteCount = (scratch + 127) / 64 * 64
    unsafe instructions = try .allocated(count: prepared.count)
    _ = unsafe instructions.initialize(from: prepared)
  }

  deinit { unsafe vitq_free(instructions.baseAddress) }

  /// All that the instructions point to.
  var memory: [UnsafeRawBufferPointer] { unsafe [constants.memory] + rowTables.memory }

  /// Refuses to run if the file of the weights was cut short or written to since it was opened.
  ///
  /// A file that is cut short during a run is not seen here.
  func checkConstants() throws(RuntimeError) {
    guard constants.haveChanged else { return }
    throw RuntimeError(
      .modelChanged,
      "model: the file was cut short or written to while in use: expected it as it was when opened")
  }

  /// Calls `body` with what ``vitq_run`` needs, which adds the time of each instruction to a clock.
  ///
  /// - Parameters:
  ///   - part: The instructions to execute, of ``origins``.
  ///   - clock: One for all instructions, or none.
  ///   - body: What is called.
  /// - Returns: What `body` returns.
  func withProgram<R>(
    _ part: Range<Int>, _ clock: InstructionClock?,
    _ body: (UnsafePointer<vitq_program>) -> R
  ) -> R {
    var program = unsafe vitq_program(
      kernels: InstructionSet.kernels(for: instructionSet.isa),
      instructions: UnsafePointer(instructions.baseAddress.map { unsafe $0 + part.lowerBound }),
      instruction_count: part.count, scratch_offset: layout.byteCount,
      scratch_stride: scratchByteCount, nanoseconds: clock?.counters.baseAddress)
    return unsafe body(&program)
  }

  private static func scratchByteCount(of instruction: vitq_instruction) -> Int {
    switch unsafe instruction.opcode {
    case VITQ_INSTRUCTION_LINEAR_S4, VITQ_INSTRUCTION_LINEAR_S8:
      var linear = unsafe instruction.operands.linear
      return unsafe vitq_linear_scratch_bytes(&linear, instruction.row_count)
    case VITQ_INSTRUCTION_ATTENTION:
      var attention = unsafe instruction.operands.attention.attention
      return unsafe vitq_attention_scratch_bytes(&attention)
    case VITQ_INSTRUCTION_NEIGHBOUR_NORM:
      return unsafe Int(VITQ_GATHERED_ROWS)
        * instruction.operands.layer_norm.normalization.width * MemoryLayout<Float>.stride + 64
    default:
      return 0
    }
  }
}
