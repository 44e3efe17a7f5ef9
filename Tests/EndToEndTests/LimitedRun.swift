import Foundation

/// A run of the program under a limit of the shell's `ulimit`.
struct LimitedRun {
  let status: Int32
  let errors: String

  /// Runs the program in a folder under a limit such as `-f 100`.
  init(_ limit: String, _ arguments: [String], in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let line = ([CommandRun.program] + arguments).map { "'\($0)'" }.joined(separator: " ")
    // One that waits without end is killed.
    process.arguments = ["-c", "ulimit \(limit); exec timeout -s KILL 300 \(line)"]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    errors = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
