import CVitqKernels
import VitqFormat

/// Where the buffers of a program lie in the memory of a session.
struct ArenaLayout: Sendable {
  /// For each buffer its offset and row stride in bytes.
  let matrices: [vitq_matrix]
  /// The bytes of all buffers; scratch follows.
  let byteCount: Int

  /// Columns are padded to whole panels, since kernels write those; rows start on cache lines.
  ///
  /// - Throws: ``RuntimeError``: the buffers are larger than any memory.
  init(_ buffers: [Program.Buffer]) throws(RuntimeError) {
    var matrices: [vitq_matrix] = []
    var end = 0
    for (index, buffer) in buffers.enumerated() {
      let elementByteCount = buffer.type == .f32 ? 4 : 1
      let (columns, _) = buffer.columns.addingReportingOverflow(63)
      let (width, isWide) = (columns / 64 * 64).multipliedReportingOverflow(by: elementByteCount)
      // Rows a page apart would fall into the same few sets of a cache.
      let stride = width % 4096 == 0 ? width &+ 64 : width
      let (count, isLong) = stride.multipliedReportingOverflow(by: buffer.rows)
      let (next, isLarge) = end.addingReportingOverflow(count)
      guard buffer.rows > 0, buffer.columns > 0, !isWide, !isLong, !isLarge, next < Int(Int32.max)
      else {
        throw RuntimeError(
          .unsupportedProgram,
          "buffer \(index): size not supported: found \(buffer.rows) × \(buffer.columns)")
      }
      matrices.append(vitq_matrix(offset: end, stride: stride))
      end = next
    }
    self.matrices = matrices
    byteCount = end
  }
}
