import CVitqKernels
import VitqFormat

/// The tables by which gathered and scattered rows are found, each made once for all instructions.
@safe
final class RowTables {
  private var tables: [Program.Gather: UnsafeMutableBufferPointer<Int32>] = unsafe [:]

  deinit {
    unsafe tables.values.forEach { unsafe $0.deallocate() }
  }

  /// The tokens of a gather, valid as long as the instance.
  func address(of gather: Program.Gather) -> UnsafePointer<Int32>? {
    if let table = unsafe tables[gather] { return unsafe UnsafePointer(table.baseAddress) }
    let tokens = gather.tokens
    let table = UnsafeMutableBufferPointer<Int32>.allocate(capacity: tokens.count)
    _ = unsafe table.initialize(from: tokens)
    unsafe tables[gather] = table
    return unsafe UnsafePointer(table.baseAddress)
  }
}
