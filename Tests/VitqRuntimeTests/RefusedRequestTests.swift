import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime

struct RefusedRequestTests {
  /// Memory and threads that cannot be had, one after the other, until nothing is refused.
  @Test(arguments: [1, 2, 5])
  func everyRequestThatIsRefusedIsAnError(_ threads: Int) throws {
    let (program, constants) = gathering()
    var expected = try Session(Model(program, constants: constants))
    let logits = try expected.run(SessionTests.image)
    let blocks = vitq_live_blocks()
    defer { vitq_refuse_request(-1) }
    var refused = 0
    while true {
      vitq_refuse_request(refused)
      do throws(RuntimeError) {
        let model = try Model(program, constants: constants)
        var session = try Session(model, threads: threads)
        #expect(try session.run(SessionTests.image) == logits)
        break
      } catch {
        #expect(error.code == .outOfResources)
        #expect(vitq_live_blocks() == blocks)
      }
      refused += 1
      try #require(refused < 100)
    }
    // A row table, the instructions, the arena, the team, and the threads besides this one.
    #expect(refused == 4 + threads - 1)
    vitq_refuse_request(-1)
    #expect(vitq_live_blocks() == blocks)
  }

  /// A program with gathered rows, for which a table is made.
  private func gathering() -> (Program, ProgramConstants) {
    let random = RandomProgram(bits: 4, seed: 31)
    var program = random.program
    let target = program.addBuffer(rows: 13, columns: 48, type: .u8)
    let grid = Program.WindowGrid(
      height: 13, width: 1, windowHeight: 1, windowWidth: 1, shiftRows: 0, shiftColumns: 0)
    let norm = Program.GatherNorm(
      source: random.tokens, gather: .windows(grid), gamma: Program.Constant("0.norm.gamma"),
      beta: Program.Constant("0.norm.beta"), epsilon: 1e-6,
      quantizer: UniformQuantizer(step: 0.3, zeroPoint: 8, minimumCode: 0, maximumCode: 15),
      target: target)
    program.instructions.append(.gatherNorm(norm))
    return (program, random.constants)
  }
}
