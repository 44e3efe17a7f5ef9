import Foundation
import VitqRuntime

/// The machine the tool runs on.
enum Machine {
  static var coreCount: Int { Session.processorCount }

  /// Where this program and `vitq` lie.
  static var folderOfProgram: String {
    Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().path ?? "."
  }

  /// The name of the processor, as the system gives it.
  static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return (name ?? "unknown processor") + ", \(coreCount) cores"
  }
}
