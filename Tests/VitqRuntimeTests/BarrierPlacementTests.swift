import Testing
import VitqFormat
import VitqRuntime

struct BarrierPlacementTests {
  /// A block needs one barrier, where attention reads the keys of other threads.
  @Test func aBlockHasOneBarrier() {
    let random = RandomProgram(bits: 4, seed: 9)
    var placement = BarrierPlacement(random.program)
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
    var program = Program(imageHeight: 1, imageWidth: 1)
    let buffers = [
      program.addBuffer(rows: 4, columns: 8, type: .f32),
      program.addBuffer(rows: 1, columns: 8, type: .f32),
      program.addBuffer(rows: 4, columns: 8, type: .f32),
    ]
    let quantizer = UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: 0, maximumCode: 1)
    let write = Program.Instruction.quantize(
      source: buffers[2], rows: 0..<4, quantizer: quantizer, target: buffers[0])
    let read = Program.Instruction.mean(source: buffers[0], rows: 0..<4, target: buffers[1])
    var placement = BarrierPlacement(program)
    var needed: [Bool] = []
    for instruction in [read, write, write, read] {
      needed.append(placement.needsBarrier(before: instruction))
    }
    #expect(needed == [false, true, false, true])
  }

  /// A thread finds the rows that it added to through one grid only.
  @Test func rowsOfOneGridBelongToAnotherThreadInAnother() {
    var program = Program(imageHeight: 1, imageWidth: 1)
    let tokens = program.addBuffer(rows: 16, columns: 8, type: .f32)
    let rows = program.addBuffer(rows: 16, columns: 8, type: .u8, group: 4)
    func normalize(shift: Int) -> Program.Instruction {
      .gatherNorm(
        Program.GatherNorm(
          source: tokens, gather: .windows(grid(shift: shift)), gamma: Program.Constant("gamma"),
          beta: Program.Constant("beta"), epsilon: 1e-5,
          quantizer: UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: 0, maximumCode: 1),
          target: rows))
    }
    let add = Program.Instruction.scatterLinear(
      Program.ScatterLinear(
        source: rows,
        weights: Program.Weights(
          panels: Program.Constant("panels"), bits: 4, outputs: 8, inputs: 8,
          multipliers: Program.Constant("multipliers"), offsets: Program.Constant("offsets"),
          zeroPoints: nil), grid: grid(shift: 0), target: tokens))
    var placement = BarrierPlacement(program)
    var needed: [Bool] = []
    for instruction in [normalize(shift: 0), add, normalize(shift: 0), normalize(shift: 1)] {
      needed.append(placement.needsBarrier(before: instruction))
    }
    #expect(needed == [false, false, false, true])
  }

  /// The scales of a row belong to the thread of the row, and rescaled rows to that of their tokens.
  @Test func scalesBelongToTheThreadOfTheirRows() {
    var program = Program(imageHeight: 1, imageWidth: 1)
    let tokens = program.addBuffer(rows: 16, columns: 8, type: .f32)
    let codes = program.addBuffer(rows: 16, columns: 8, type: .u8)
    let scales = program.addBuffer(rows: 16, columns: 2, type: .f32)
    let sums = program.addBuffer(rows: 16, columns: 8, type: .f32)
    let quantize = Program.Instruction.quantizeRows(
      Program.RowQuantization(
        source: tokens, rows: 0..<16, bits: 4, target: codes, scales: scales))
    func rescale(_ epilogue: Program.RowEpilogue, offset: Int = 0) -> Program.Instruction {
      .rescaleRows(
        Program.RowRescaling(
          source: sums, scales: scales, rows: 0..<8, weightSums: Program.Constant("sums"),
          weightSteps: Program.Constant("steps"), bias: Program.Constant("bias"),
          epilogue: epilogue, target: tokens, targetOffset: offset))
    }
    let scattered = rescale(.scatter(grid(shift: 0)))
    for (instructions, expected) in [
      ([quantize, rescale(.accumulate), quantize], [false, false, false]),
      ([quantize, rescale(.accumulate, offset: 8), quantize], [false, true, true]),
      (
        [quantize, scattered, scattered, rescale(.scatter(grid(shift: 1)))],
        [false, true, false, true]
      ),
    ] {
      var placement = BarrierPlacement(program)
      let needed = instructions.map { placement.needsBarrier(before: $0) }
      #expect(needed == expected)
    }
  }

  private func grid(shift: Int) -> Program.WindowGrid {
    Program.WindowGrid(
      height: 4, width: 4, windowHeight: 2, windowWidth: 2, shiftRows: shift, shiftColumns: shift)
  }
}
