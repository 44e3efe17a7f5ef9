#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A program run to its end, with what it printed.
package struct ChildProcess: Sendable {
  /// The exit status; negative for a signal.
  package let status: Int32
  /// What it wrote to stdout.
  package let output: String

  /// Runs a program; what it writes to stderr is thrown away.
  ///
  /// - Parameters:
  ///   - program: The path of the program.
  ///   - arguments: What follows the program's name.
  /// - Throws: ``KitError`` if it cannot be started.
  package init(_ program: String, _ arguments: [String]) throws(KitError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw KitError(.unavailable, "\(program): no pipe: \(String(cString: strerror(errno)))")
    }
    defer { close(ends[0]) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var strings: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var process = pid_t()
    let failure = posix_spawn(&process, program, &actions, nil, strings, environ)
    close(ends[1])
    guard failure == 0 else {
      throw KitError(
        .unavailable, "\(program): cannot be started: \(String(cString: strerror(failure)))")
    }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    var wait: Int32 = 0
    while waitpid(process, &wait, 0) < 0, errno == EINTR {}
    let signal = wait & 0x7F
    status = signal == 0 ? wait >> 8 & 0xFF : -signal
    output = String(decoding: bytes, as: UTF8.self)
  }
}
