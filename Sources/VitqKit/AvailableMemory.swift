import Foundation

/// The memory there is for a run.
package enum AvailableMemory {
  /// The bytes that this process may use: the machine's, or less if it is confined.
  package static var byteCount: Int {
    let total = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      .compactMap { path -> Int? in
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    return limits.reduce(total, min)
  }
}
