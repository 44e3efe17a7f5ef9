#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
package import VitqTensor

/// One block of FP32 memory that values of an evaluation are placed in.
///
/// Nothing outside this file touches a pointer: places are handed out as views, which are valid
/// as long as the arena lives.
@safe
package final class Arena: @unchecked Sendable {
  /// Values start on multiples of 64 bytes, a cache line and the widest vector register.
  package static let alignment = 16

  private static let hugePage = 2 << 20

  package let elementCount: Int
  private let base: UnsafeMutablePointer<Float>

  /// An arena of zeros.
  package init(elementCount: Int) {
    self.elementCount = elementCount
    let byteCount = max(elementCount, 1) * MemoryLayout<Float>.stride
    let alignment = byteCount >= Self.hugePage ? Self.hugePage : 64
    var memory: UnsafeMutableRawPointer?
    let status = unsafe posix_memalign(&memory, alignment, byteCount)
    guard status == 0, let memory = unsafe memory else {
      fatalError("out of memory: \(byteCount) bytes for an evaluation")
    }
    #if os(Linux)
      if byteCount >= Self.hugePage { unsafe madvise(memory, byteCount, MADV_HUGEPAGE) }
    #endif
    unsafe base = memory.bindMemory(to: Float.self, capacity: max(elementCount, 1))
    unsafe base.initialize(repeating: 0, count: max(elementCount, 1))
  }

  deinit { unsafe free(base) }

  /// The place of a value, `offset` elements from the start.
  package func view(
    at offset: Int, _ shape: Shape, _ encoding: Encoding = .real
  ) -> MutableTensorView {
    precondition(
      offset >= 0 && offset + shape.elementCount <= elementCount,
      "\(shape) at \(offset) is outside an arena of \(elementCount) elements")
    return unsafe MutableTensorView(shape, base + offset, encoding: encoding)
  }
}
