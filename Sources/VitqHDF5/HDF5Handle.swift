import CVitqHDF5

/// An open HDF5 object; closes it when it goes out of scope.
///
/// HDF5 counts references by hand and returns a negative identifier on failure. Every identifier
/// of this module lives in one of these, so no path can leak one or close it twice.
struct HDF5Handle: ~Copyable, Sendable {
  typealias Close = @Sendable @convention(c) (hid_t) -> herr_t

  let id: hid_t
  private let close: Close

  /// Takes over `id`, what the opening call returned, or throws `error` if that call failed.
  ///
  /// `error` is evaluated before any other call, so it may read the library's error stack.
  init(
    _ id: hid_t, closing close: @escaping Close, orThrow error: @autoclosure () -> HDF5Error
  ) throws(HDF5Error) {
    guard id >= 0 else { throw error() }
    self.id = id
    self.close = close
  }

  deinit { _ = close(id) }
}
