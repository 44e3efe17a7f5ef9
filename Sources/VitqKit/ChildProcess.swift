#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A program run to its end, with what the system says of it.
package struct ChildProcess: Sendable {
  /// The exit status; negative for a signal.
  package let status: Int32
  /// The largest resident memory it ever had.
  package let peakByteCount: Int
  package let seconds: Double

  /// Runs a program with its output thrown away.
  ///
  /// - Parameters:
  ///   - program: The path of the program.
  ///   - arguments: What follows the program's name.
  /// - Throws: ``KitError`` if it cannot be started.
  package init(_ program: String, _ arguments: [String]) throws(KitError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var strings: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    let started = ContinuousClock.now
    var process = pid_t()
    let failure = posix_spawn(&process, program, &actions, nil, strings, environ)
    guard failure == 0 else {
      throw KitError(
        .unavailable, "\(program): cannot be started: \(String(cString: strerror(failure)))")
    }
    var usage = rusage()
    var wait: Int32 = 0
    while wait4(process, &wait, 0, &usage) < 0, errno == EINTR {}
    let elapsed = ContinuousClock.now - started
    seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let signal = wait & 0x7F
    status = signal == 0 ? wait >> 8 & 0xFF : -signal
    #if os(Linux)
      peakByteCount = Int(usage.ru_maxrss) * 1024
    #else
      peakByteCount = Int(usage.ru_maxrss)
    #endif
  }
}
