/// Where the bytes of a new file go.
protocol ByteSink: ~Copyable {
  /// Says how long the file will be.
  mutating func reserve(byteCount: Int) throws(FileError)
  /// Appends, or overwrites after ``seek(to:)``.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)
  mutating func seek(to byteOffset: Int) throws(FileError)
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
