import Foundation

/// One run of the built `vitq`, with what it took.
struct MeasuredRun {
  /// The exit status; a signal's number plus 128 if one ended the program.
  let status: Int32
  let errors: String
  /// The time that it had a processor, so that other tests do not count.
  let processorSeconds: Double
  /// The most memory that was resident.
  ///
  /// The system counts what this process had when it started the other one, too.
  let peakByteCount: Int

  /// The most memory that this process has had resident.
  static var ownPeakByteCount: Int {
    var usage = rusage()
    getrusage(own, &usage)
    return bytes(usage)
  }

  #if canImport(Darwin)
    private static let own = RUSAGE_SELF
    private static func bytes(_ usage: rusage) -> Int { usage.ru_maxrss }
  #else
    private static let own = RUSAGE_SELF.rawValue
    private static func bytes(_ usage: rusage) -> Int { usage.ru_maxrss << 10 }
  #endif

  /// Runs `vitq` with arguments, whose paths are absolute, and waits for it.
  init(_ arguments: [String]) throws {
    let errorsPath = NSTemporaryDirectory() + "/vitq-stderr-\(UUID().uuidString)"
    defer { unlink(errorsPath) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in [0, 1] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    var words: [UnsafeMutablePointer<CChar>?] =
      ([CommandRun.program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var process = pid_t()
    let problem = posix_spawn(&process, CommandRun.program, &actions, nil, words, environ)
    guard problem == 0 else { throw POSIXError(POSIXErrorCode(rawValue: problem) ?? .EIO) }
    var code: Int32 = 0
    var usage = rusage()
    while wait4(process, &code, 0, &usage) < 0 {
      guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
    status = code & 0x7F == 0 ? code >> 8 & 0xFF : 128 + (code & 0x7F)
    errors = try String(contentsOfFile: errorsPath, encoding: .utf8)
    let times = [usage.ru_utime, usage.ru_stime]
    processorSeconds = times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    peakByteCount = Self.bytes(usage)
  }
}
