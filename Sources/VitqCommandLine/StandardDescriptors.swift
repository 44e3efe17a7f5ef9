import Foundation

/// The three descriptors that a process starts with.
enum StandardDescriptors {
  /// Opens those that are closed, so that no file of a command gets the number of one.
  ///
  /// They refuse writes, so that an answer nobody receives is an error still.
  static func openClosed() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one, as those below it are open.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes the whole of a text.
  ///
  /// - Returns: The number of the error that ended it early, `nil` if all was written.
  static func send(_ text: String, to descriptor: Int32) -> Int32? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      let number = count < 0 ? errno : EIO
      switch number {
      case EINTR: continue
      case EAGAIN:
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&descriptors, 1, -1)
      default: return number
      }
    }
    return nil
  }
}
