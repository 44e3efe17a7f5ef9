import CVitqHDF5

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads a whole file once in a copy of the process, where a crash does no harm.
///
/// libhdf5 1.10 crashes on some damaged files. What the copy survives, the process will survive
/// too, as it makes the same calls. Results are dropped: whatever the library refuses in good order is
/// reported when the process itself reads the file.
struct HDF5Rehearsal {
  let path: String
  let byteCount: Int

  /// Far more than the largest file needs, so that only a hang takes longer.
  private static let seconds: UInt32 = 60

  /// Rehearses inside ``HDF5Library/exclusively(_:)``.
  ///
  /// - Throws: ``HDF5Error/libraryFailure(signal:)``, or ``HDF5Error/unreadable(reason:)`` if the
  ///   process cannot be copied.
  func run() throws(HDF5Error) {
    var rehearsal = self
    let signal = unsafe withUnsafeMutablePointer(to: &rehearsal) { rehearsal in
      unsafe vitq_h5_rehearse(
        { context in
          guard let context = unsafe context else { return }
          unsafe context.assumingMemoryBound(to: HDF5Rehearsal.self).pointee.readEverything()
        }, rehearsal, Self.seconds)
    }
    guard signal >= 0 else {
      throw unsafe .unreadable(reason: String(cString: strerror(errno)))
    }
    guard signal == 0 else { throw .libraryFailure(signal: Int(signal)) }
  }

  private func readEverything() {
    guard let file = try? HDF5File.open(path, closing: H5Fclose),
      let contents = try? HDF5Archive.contents(of: file, byteCount: byteCount)
    else { return }
    for dataset in contents.datasets {
      guard case .float = dataset.elementType else { continue }
      _ = try? dataset.elements(in: file, fileByteCount: byteCount)
    }
  }
}
