/// Where the bytes of a new file go.
package protocol ByteSink: ~Copyable {
  /// Says how long the file will be.
  mutating func reserve(byteCount: Int) throws(FileError)
  /// Appends, or overwrites after ``seek(to:)``.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)
  mutating func seek(to byteOffset: Int) throws(FileError)
}

extension ByteSink where Self: ~Copyable {
  /// Appends, or overwrites after ``seek(to:)``.
  package mutating func write(_ bytes: [UInt8]) throws(FileError) {
    let result: Result<Void, FileError> = unsafe bytes.withUnsafeBytes { bytes in
      do throws(FileError) {
        return .success(try unsafe write(bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

extension AtomicFile: ByteSink {}

/// A file in memory.
struct MemorySink: ByteSink {
  private(set) var bytes: [UInt8] = []
  private var position = 0

  mutating func reserve(byteCount: Int) { bytes.reserveCapacity(byteCount) }

  mutating func write(_ new: UnsafeRawBufferPointer) {
    let overlap = min(bytes.count - position, new.count)
    unsafe bytes.replaceSubrange(position..<position + overlap, with: new)
    position += new.count
  }

  mutating func seek(to byteOffset: Int) { position = byteOffset }
}
