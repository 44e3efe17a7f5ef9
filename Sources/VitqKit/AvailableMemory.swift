import Foundation

/// The memory there is for a run.
package enum AvailableMemory {
  /// The bytes that this process may use: the machine's, or less if it is confined, as in a job of
  /// Slurm, in a container or by `ulimit -v`.
  ///
  /// - Parameter threads: How many threads share the work.
  /// - Returns: Bytes; below 0 if `ulimit -v` is too little for the threads.
  package static func byteCount(threads: Int) -> Int {
    let total = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return min(total, controlGroupLimit() ?? .max, AddressSpace.byteCount(threads: threads))
  }

  /// The least limit of the control groups that this process is in, of Linux; `nil` without one.
  ///
  /// Groups lie in each other: a limit of any that holds the process's own counts. Source:
  /// cgroups(7), `/proc/self/cgroup`; version 2 has `memory.max`, version 1
  /// `memory.limit_in_bytes`. A path that is not seen from inside a container leaves the root, which
  /// there is the container's.
  ///
  /// - Parameter root: The folder that stands for `/`.
  /// - Returns: Bytes.
  package static func controlGroupLimit(root: String = "") -> Int? {
    func text(_ path: String) -> String {
      (try? String(contentsOfFile: root + path, encoding: .utf8)) ?? ""
    }
    let limits = text("/proc/self/cgroup").split(separator: "\n").flatMap { line -> [Int] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let file: String
      let mounted: String
      if fields[1].isEmpty {
        (mounted, file) = ("/sys/fs/cgroup", "memory.max")
      } else if fields[1].split(separator: ",").contains("memory") {
        (mounted, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      } else {
        return []
      }
      let names = fields[2].split(separator: "/")
      return (0...names.count).compactMap { count in
        let folder = ([mounted] + names.prefix(count).map(String.init)).joined(separator: "/")
        return Int(text("\(folder)/\(file)").trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    return limits.min()
  }
}
