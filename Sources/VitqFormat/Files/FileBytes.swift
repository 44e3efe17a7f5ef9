#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A read-only view of a whole file.
///
/// A mapped file is not read: a page enters memory when it is first touched. Replacing the file
/// by renaming another over it is safe, the old bytes stay. Shortening it in place is not: the
/// system sends SIGBUS when a lost page is touched. ``hasChanged`` tells before; what is read into
/// memory instead does not depend on the file any more.
@safe
package final class FileBytes: Sendable {
  /// Where the bytes of a file are.
  package enum Source: Sendable { case mapped, memory }

  private enum Storage {
    /// The open file, and its size and time of change when it was mapped.
    case mapped(descriptor: Int32, stamp: FileStamp)
    case read
    case allocated
  }

  /// Whether a path may name a file by a link.
  package enum LinkPolicy: Sendable {
    case followed
    /// The last component must be the file itself, and the only name that the file has.
    case refused
  }

  /// Where the bytes start, on a 64-byte boundary.
  ///
  /// The memory lives as long as the instance. Nobody writes to it, so threads may share it.
  package nonisolated(unsafe) let baseAddress: UnsafeRawPointer
  package let count: Int
  private let storage: Storage

  /// Maps the file at `path`, or reads it.
  ///
  /// - Throws: ``FileError``: the file is missing, unreadable, empty, not a regular file, or named by
  ///   a link that `links` refuses; it is cut short while it is read.
  package init(
    path: String, links: LinkPolicy = .followed, from source: Source = .mapped
  ) throws(FileError) {
    // Without O_NONBLOCK the open of a pipe waits for somebody to write to it.
    let descriptor: Int32
    let following = links == .followed ? 0 : O_NOFOLLOW
    switch SystemCalls.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | following) {
    case .success(let opened): descriptor = opened
    case .failure(let number) where links == .refused && number.value == ELOOP:
      throw .symbolicLink
    case .failure(let number): throw Self.error(opening: number)
    }
    var keepsOpen = false
    defer { if !keepsOpen { _ = close(descriptor) } }
    let status: stat
    switch SystemCalls.status(of: descriptor) {
    case .success(let found): status = found
    case .failure(let number): throw number.failure(of: "fstat")
    }
    guard !status.isDirectory else { throw .isDirectory }
    guard status.isRegularFile else { throw .notRegularFile }
    guard links == .followed || status.st_nlink == 1 else { throw .hardLinked }
    guard status.st_size > 0 else { throw .empty }
    let count = Int(status.st_size)
    if source == .memory {
      unsafe baseAddress = UnsafeRawPointer(try Self.read(descriptor, count: count))
      self.count = count
      storage = .read
      return
    }
    let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw ErrorNumber(errno).failure(of: "mmap")
    }
    unsafe baseAddress = UnsafeRawPointer(address)
    self.count = count
    storage = .mapped(descriptor: descriptor, stamp: FileStamp(status))
    keepsOpen = true
  }

  /// The given bytes, as if they were a file.
  package init(_ bytes: [UInt8]) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(start: memory, count: bytes.count)
        .copyMemory(from: source)
    }
    unsafe baseAddress = UnsafeRawPointer(memory)
    count = bytes.count
    storage = .allocated
  }

  deinit {
    let memory = unsafe UnsafeMutableRawPointer(mutating: baseAddress)
    switch storage {
    case .mapped(let descriptor, _):
      _ = unsafe munmap(memory, count)
      _ = close(descriptor)
    case .read: unsafe free(memory)
    case .allocated: unsafe memory.deallocate()
    }
  }

  /// Whether a mapped file was cut short or written to since it was opened.
  package var hasChanged: Bool {
    guard case .mapped(let descriptor, let stamp) = storage else { return false }
    guard case .success(let status) = SystemCalls.status(of: descriptor) else { return true }
    return FileStamp(status) != stamp
  }

  /// The first `count` bytes of a file, in memory to be freed.
  private static func read(
    _ descriptor: Int32, count: Int
  ) throws(FileError) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    let failure = unsafe posix_memalign(&memory, 64, count)
    guard let memory = unsafe memory, failure == 0 else {
      throw ErrorNumber(failure).failure(of: "posix_memalign")
    }
    do throws(FileError) {
      var done = 0
      while done < count {
        switch unsafe SystemCalls.read(descriptor, into: memory + done, count: count - done) {
        case .success(0): throw .cutShort(expected: count, found: done)
        case .success(let found): done += found
        case .failure(let number): throw number.failure(of: "read")
        }
      }
    } catch {
      unsafe free(memory)
      throw error
    }
    return unsafe memory
  }

  private static func error(opening number: ErrorNumber) -> FileError {
    switch number.value {
    case ENOENT, ENOTDIR: .notFound
    case EACCES, EPERM: .notReadable
    case EISDIR: .isDirectory
    case ENXIO: .notRegularFile
    case ENAMETOOLONG: .nameTooLong
    default: number.failure(of: "open")
    }
  }

  package subscript(offset: Int) -> UInt8 {
    precondition(0 <= offset && offset < count, "byte \(offset) of \(count)")
    return unsafe baseAddress.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// The little-endian integer at `offset`, which needs no alignment.
  package func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, at offset: Int
  ) -> T {
    precondition(
      0 <= offset && offset <= count - MemoryLayout<T>.size,
      "\(MemoryLayout<T>.size) bytes at \(offset) of \(count)")
    return T(littleEndian: unsafe baseAddress.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// Calls `body` with the bytes of `range`, which lies within the file.
  package func withUnsafeBytes<R, E: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    precondition(0 <= range.lowerBound && range.upperBound <= count, "\(range) of \(count) bytes")
    return try unsafe body(
      UnsafeRawBufferPointer(start: baseAddress + range.lowerBound, count: range.count))
  }

  /// Gives the memory of the pages that lie wholly in `range` back; they are read again when touched.
  package func releasePages(in range: Range<Int>) {
    precondition(0 <= range.lowerBound && range.upperBound <= count, "\(range) of \(count) bytes")
    guard case .mapped = storage else { return }
    let page = Int(getpagesize())
    let start = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard start < end else { return }
    // Advice: where the system does not follow it, more memory is in use, and that is all.
    _ = unsafe madvise(
      UnsafeMutableRawPointer(mutating: baseAddress + start), end - start, MADV_DONTNEED)
  }

  /// A copy of the bytes of `range`.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    unsafe withUnsafeBytes(in: range) { unsafe [UInt8]($0) }
  }
}
