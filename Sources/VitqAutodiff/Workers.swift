import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that share independent items of work.
///
/// An item knows nothing of the thread that runs it or of the number of threads, so neither can
/// show in a result.
package struct Workers: Sendable {
  package let count: Int

  package init(count: Int) {
    precondition(count > 0, "\(count) workers")
    self.count = count
  }

  /// Runs `body` for the items 0 ..< `itemCount`, which start in ascending order.
  ///
  /// - Parameters:
  ///   - itemCount: The number of items.
  ///   - state: Makes what one worker reuses from item to item, on its thread; an error in it
  ///     counts as one of the worker's first item.
  ///   - body: Does one item.
  /// - Returns: The results in the order of the items.
  /// - Throws: The error of the lowest item that failed, whatever the number of workers; after an
  ///   error no further item starts.
  package func map<State, Result: Sendable, Failure: Error>(
    _ itemCount: Int, state: @Sendable () throws(Failure) -> State,
    body: @Sendable (inout State, Int) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    let progress = Mutex(Progress<Result, Failure>(itemCount: itemCount))
    withoutActuallyEscaping(state) { state in
      withoutActuallyEscaping(body) { body in
        let work = Work {
          guard var item = progress.withLock({ $0.next() }) else { return }
          do throws(Failure) {
            var state = try state()
            while true {
              let result = try body(&state, item)
              guard let next = progress.withLock({ $0.finish(item, result) }) else { return }
              item = next
            }
          } catch {
            progress.withLock { $0.fail(item, error) }
          }
        }
        work.run(onThreads: min(count, itemCount))
      }
    }
    return try progress.withLock { $0 }.results()
  }
}

/// What the workers of one call share.
private struct Progress<Result: Sendable, Failure: Error>: Sendable {
  private var finished: [Result?]
  private var nextItem = 0
  private var failure: (item: Int, error: Failure)?

  init(itemCount: Int) { finished = Array(repeating: nil, count: itemCount) }

  mutating func next() -> Int? {
    guard failure == nil, nextItem < finished.count else { return nil }
    defer { nextItem += 1 }
    return nextItem
  }

  mutating func finish(_ item: Int, _ result: Result) -> Int? {
    finished[item] = result
    return next()
  }

  mutating func fail(_ item: Int, _ error: Failure) {
    if let failure, failure.item < item { return }
    failure = (item, error)
  }

  func results() throws(Failure) -> [Result] {
    if let failure { throw failure.error }
    return finished.compactMap { $0 }
  }
}

/// A closure that several threads run to the end.
private final class Work: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  /// Runs the closure on the calling thread and `count` − 1 others; returns when all are done.
  func run(onThreads count: Int) {
    var threads: [pthread_t] = []
    for _ in 1..<max(count, 1) {
      let argument = unsafe Unmanaged.passRetained(self).toOpaque()
      #if canImport(Glibc)
        var thread = pthread_t()
      #else
        var thread: pthread_t?
      #endif
      let status = unsafe pthread_create(&thread, nil, { unsafe Work.main($0) }, argument)
      guard status == 0 else {
        unsafe Unmanaged<Work>.fromOpaque(argument).release()
        break
      }
      #if canImport(Glibc)
        threads.append(thread)
      #else
        if let thread { threads.append(thread) }
      #endif
    }
    body()
    for thread in threads { pthread_join(thread, nil) }
  }

  private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument {
      unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
    }
    return nil
  }
}
