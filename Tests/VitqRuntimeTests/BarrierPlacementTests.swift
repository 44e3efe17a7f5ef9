import Testing
import VitqFormat
import VitqRuntime

struct BarrierPlacementTests {
  /// A block needs one barrier, where attention reads the keys of other threads.
  @Test func aBlockHasOneBarrier() {
    let random = RandomProgram(bits: 4, seed: 9)
    var placement = BarrierPlacement()
    var needed: [Int] = []
    for (index, instruction) in random.program.instructions.enumerated() {
      if placement.needsBarrier(before: instruction) { needed.append(index) }
    }
    let expected = random.program.instructions.indices.filter {
      switch random.program.instructions[$0] {
      case .attention, .mean: true
      case .linear(_, _, _, _, _, let targetOffset): targetOffset != 0
      default: false
      }
    }
    #expect(needed == expected)
  }

  @Test func rowsThatOthersReadAreNotOverwritten() {
    let buffers = (0..<3).map(Program.BufferID.init(index:))
    let quantizer = UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: 0, maximumCode: 1)
    let write = Program.Instruction.quantize(
      source: buffers[2], rows: 0..<4, quantizer: quantizer, target: buffers[0])
    let read = Program.Instruction.mean(source: buffers[0], rows: 0..<4, target: buffers[1])
    var placement = BarrierPlacement()
    var needed: [Bool] = []
    for instruction in [read, write, write, read] {
      needed.append(placement.needsBarrier(before: instruction))
    }
    #expect(needed == [false, true, false, true])
  }
}
