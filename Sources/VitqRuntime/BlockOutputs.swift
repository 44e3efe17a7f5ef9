import VitqFormat

/// Where a program has the output of each block.
///
/// A block is attention and an MLP, each of which ends by adding to the residual stream (ViT,
/// arXiv:2010.11929, equations 2 and 3): the output is the stream after the second sum that follows
/// attention.
struct BlockOutputs: Sendable {
  /// The residual stream behind one block.
  struct Location: Sendable, Equatable {
    /// The instruction of the program that completes it.
    var instruction: Int
    var buffer: Program.BufferID
    /// The rows that the block computes.
    var rows: Range<Int>
  }

  private(set) var locations: [Location] = []

  init(_ program: Program) {
    /// Sums since the last attention; 2 before the first, so that the embedding is no block.
    var sumCount = 2
    for (index, instruction) in program.instructions.enumerated() {
      let sum: (buffer: Program.BufferID, rows: Range<Int>)
      switch instruction {
      case .attention:
        sumCount = 0
        continue
      case .linear(_, let rows, _, .accumulate, let target, let offset):
        sum = (target, rows.lowerBound + offset..<rows.upperBound + offset)
      case .scatterLinear(let linear):
        sum = (linear.target, 0..<program.buffers[linear.target.index].rows)
      case .rescaleRows(let rescaling):
        switch rescaling.epilogue {
        case .accumulate:
          let (rows, offset) = (rescaling.rows, rescaling.targetOffset)
          sum = (rescaling.target, rows.lowerBound + offset..<rows.upperBound + offset)
        case .scatter: sum = (rescaling.target, 0..<program.buffers[rescaling.target.index].rows)
        default: continue
        }
      default: continue
      }
      sumCount += 1
      guard sumCount == 2 else { continue }
      locations.append(Location(instruction: index, buffer: sum.buffer, rows: sum.rows))
    }
  }
}
