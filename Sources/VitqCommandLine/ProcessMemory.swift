import Foundation

/// The memory of this process.
package enum ProcessMemory {
  /// The largest resident memory so far, in bytes.
  ///
  /// On Linux it is read from the process's own memory map: the counter of `getrusage` also
  /// remembers the program that started this one.
  package static var peakByteCount: Int {
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let digits = line?.filter(\.isNumber) ?? "0"
      return (Int(digits) ?? 0) * 1024
    #else
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
    #endif
  }
}
