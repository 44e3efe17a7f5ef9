import VitqFaults
import Foundation
import VitqCommandLine

/// The program that converts, quantizes and measures, installed beside this one.
enum Workbench {
  /// Replaces this process by the workbench with the same arguments.
  static func takeOver() throws -> Never {
    let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let path = (folder?.path ?? ".") + "/vitq-workbench"
    var arguments: [UnsafeMutablePointer<CChar>?] =
      ([path] + CommandLine.arguments.dropFirst()).map { strdup($0) }
    arguments.append(nil)
    if let failure = Output.failure { throw failure }
    // Work is parallel over images. OpenBLAS would start a thread for each core as it is loaded,
    // and where memory is short these try again without end.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    execv(path, arguments)
    let reason = String(cString: strerror(errno))
    throw CommandFailure(
      .unavailable, "\(path): cannot be started: expected the program beside vitq, found: \(reason)"
    )
  }
}
