#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What differs once a file was written to or cut short.
struct FileStamp: Equatable, Sendable {
  let byteCount: Int
  /// The time of the last change of the bytes.
  let seconds: Int
  let nanoseconds: Int

  init(_ status: stat) {
    byteCount = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    seconds = Int(time.tv_sec)
    nanoseconds = Int(time.tv_nsec)
  }
}
