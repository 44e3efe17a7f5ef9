import CVitqKernels
import VitqFormat

/// The tables by which gathered and scattered rows are found, each made once for all instructions.
@safe
final class RowTables {
  private var tables: [Program.Gather: UnsafeMutableBufferPointer<Int32>] = unsafe [:]

  deinit {
    unsafe tables.values.forEach { unsafe vitq_free($0.baseAddress) }
  }

  /// The tables that were made.
  var memory: [UnsafeRawBufferPointer] {
    unsafe tables.values.map { UnsafeRawBufferPointer($0) }
  }

  /// The tokens of a gather, valid as long as the instance.
  ///
  /// - Throws: ``RuntimeError``: memory is short.
  func address(of gather: Program.Gather) throws(RuntimeError) -> UnsafePointer<Int32>? {
    if let table = unsafe tables[gather] { return unsafe UnsafePointer(table.baseAddress) }
    let tokens = gather.tokens
    let table = try unsafe UnsafeMutableBufferPointer<Int32>.allocated(count: tokens.count)
    _ = unsafe table.initialize(from: tokens)
    unsafe tables[gather] = table
    return unsafe UnsafePointer(table.baseAddress)
  }
}

extension UnsafeMutableBufferPointer {
  /// Uninitialised memory for `count` elements, to be freed with `vitq_free`.
  ///
  /// - Throws: ``RuntimeError``: memory is short.
  static func allocated(count: Int) throws(RuntimeError) -> Self {
    let (byteCount, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflows, let memory = unsafe vitq_allocate(byteCount) else {
      throw .noMemory(byteCount: byteCount)
    }
    return unsafe Self(start: memory.bindMemory(to: Element.self, capacity: count), count: count)
  }
}
