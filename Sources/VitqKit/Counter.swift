import Synchronization

/// Counts finished items of several threads and reports each count once, in order.
final class Counter: Sendable {
  private let count = Mutex(0)
  private let report: @Sendable (Int) -> Void

  init(_ report: @escaping @Sendable (Int) -> Void) { self.report = report }

  func advance() {
    count.withLock { count in
      count += 1
      report(count)
    }
  }
}
