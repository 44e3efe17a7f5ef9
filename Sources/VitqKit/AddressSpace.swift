import Foundation
import VitqReporting

/// The addresses of this process, which `ulimit -v` confines.
///
/// OpenBLAS maps a buffer for each thread that multiplies, and asks for it without end where there
/// is no room.
package enum AddressSpace {
  /// What each thread maps beside data: a buffer of OpenBLAS and an arena of the C library, each of
  /// 128 MiB.
  private static let threadByteCount = 256 << 20

  /// The bytes that the limit leaves for data; `Int.max` without one, below 0 if the threads alone
  /// are too much.
  package static func byteCount(threads: Int) -> Int {
    guard let limit else { return .max }
    return limit - usedByteCount - threads * threadByteCount
  }

  /// Refuses threads that would wait for memory without end.
  ///
  /// - Throws: ``KitError``, ``KitError/Kind/refusedByPolicy``.
  package static func check(threads: Int) throws(KitError) {
    guard let limit, byteCount(threads: threads) <= 0 else { return }
    let needed = usedByteCount + threads * threadByteCount
    throw KitError(
      .refusedByPolicy,
      "ulimit -v: expected more than \(Figures.megabytes(needed)) of address space for "
        + "\(threads) \(threads == 1 ? "thread" : "threads"), found a limit of "
        + Figures.megabytes(limit))
  }

  private static var limit: Int? {
    var limits = rlimit()
    #if os(Linux)
      let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
      let resource = RLIMIT_AS
    #endif
    guard getrlimit(resource, &limits) == 0, limits.rlim_cur != ~rlim_t(0) else { return nil }
    return Int(exactly: limits.rlim_cur)
  }

  /// What is mapped so far, on Linux; else 0.
  private static var usedByteCount: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
