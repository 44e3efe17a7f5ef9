/// Strings that end in a zero byte, at addresses that stay.
@safe
final class CStrings: Sendable {
  /// Written once, in `init`; afterwards only read.
  private nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<CChar>
  private let offsets: [Int]

  init(_ strings: [String]) {
    var all: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(all.count)
      all += string.utf8CString
    }
    self.offsets = offsets
    unsafe bytes = .allocate(capacity: all.count)
    _ = unsafe bytes.initialize(from: all)
  }

  deinit { unsafe bytes.deallocate() }

  /// The string of that index, `nil` if there is none.
  subscript(index: Int) -> UnsafePointer<CChar>? {
    guard offsets.indices.contains(index), let start = unsafe bytes.baseAddress else { return nil }
    return unsafe UnsafePointer(start + offsets[index])
  }
}
