import Synchronization

/// A request to stop, from another thread or a signal handler.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)
  private let outer: Cancellation?

  /// - Parameter outer: A request that counts for this one too; not the other way.
  package init(within outer: Cancellation? = nil) { self.outer = outer }

  package var isRequested: Bool {
    flag.load(ordering: .relaxed) || outer?.isRequested ?? false
  }

  package func request() { flag.store(true, ordering: .relaxed) }
}
