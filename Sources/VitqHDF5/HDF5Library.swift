import CVitqHDF5
import Synchronization

/// The one instance of libhdf5 in the process.
///
/// The library has global state and is not thread-safe in every build, so all calls happen
/// inside ``exclusively(_:)``.
enum HDF5Library {
  private static let lock = Mutex(())

  /// Calls `body` while no other thread uses the library.
  ///
  /// Also stops the library from printing errors, which it decides per thread, and from loading
  /// filter plugins from the folders that the environment names.
  static func exclusively<R: ~Copyable & Sendable, E: Error>(
    _ body: () throws(E) -> R
  ) throws(E) -> R {
    try lock.withLock { _ throws(E) in
      _ = vitq_h5_silence()
      _ = H5PLset_loading_state(0)
      return try body()
    }
  }

  /// The descriptions of the error of the call that has just failed, innermost first.
  static var errorText: String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2048) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      unsafe vitq_h5_error_text(start, buffer.count)
      return unsafe String(cString: start)
    }
  }

  /// What the error of the call that has just failed says about the object it was called on.
  static func failure(of object: String) -> HDF5Error {
    let text = errorText
    // Every version check of the library words its error this way.
    if text.contains("bad version number") || text.contains("unknown datatype version") {
      return .newerFormat(object: object)
    }
    return .malformed(object: object, reason: text.isEmpty ? "cannot be opened" : text)
  }
}
