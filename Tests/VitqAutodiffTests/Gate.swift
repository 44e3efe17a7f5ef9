import Synchronization

/// A meeting point of threads.
final class Gate: Sendable {
  private let count: Int
  private let arrived = Atomic(0)

  init(count: Int) { self.count = count }

  /// Whether as many threads as expected arrive before this one gives up.
  func arrive() -> Bool {
    arrived.add(1, ordering: .sequentiallyConsistent)
    for _ in 0..<1_000_000_000 where arrived.load(ordering: .sequentiallyConsistent) >= count {
      return true
    }
    return false
  }
}
