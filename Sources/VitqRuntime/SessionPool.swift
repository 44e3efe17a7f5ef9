import Synchronization
public import VitqImage

/// Sessions of one model for concurrent code: any number of tasks call it at the same time.
///
/// Work runs on the concurrent executor, never on the caller's: a call from the main actor leaves
/// the main thread free. At most ``sessionCount`` images run at once, each in a ``Session`` that is
/// made when first needed and kept; further calls wait, first come, first served.
public final class SessionPool: Sendable {
  /// What the sessions run.
  public let model: Model
  /// The most images that run at once.
  public let sessionCount: Int
  /// The threads that share an image.
  public let threadCount: Int
  private let state: Mutex<State>

  /// A session in the heap; whoever took it out of the pool has it alone.
  private final class Box: @unchecked Sendable {
    var session: Session
    init(_ session: consuming Session) { self.session = session }
  }

  private struct State {
    /// Sessions that exist and that nobody uses.
    var idle: [Box] = []
    /// How many calls may still begin.
    var freeCount: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// A pool that has no session yet.
  ///
  /// - Parameters:
  ///   - model: The model to run.
  ///   - sessions: The most images that run at once, at least 1.
  ///   - threads: The number of threads that share an image, at least 1.
  /// - Throws: ``RuntimeError``: one of the numbers is not supported.
  public init(_ model: Model, sessions: Int = 1, threads: Int = 1) throws(RuntimeError) {
    guard sessions >= 1 else {
      throw RuntimeError(
        .invalidSessionCount,
        "number of sessions: not supported: expected at least 1, found \(sessions)")
    }
    try Session.validate(threads: threads)
    self.model = model
    sessionCount = sessions
    threadCount = threads
    state = Mutex(State(freeCount: sessions))
  }

  /// The `count` most likely classes of any image; see ``Session/classify(_:top:)``.
  @concurrent
  public func classify(
    _ image: PixelBuffer, top count: Int = 5
  ) async throws(RuntimeError) -> [Prediction] {
    try await withSession { session throws(RuntimeError) in
      try session.classify(image, top: count)
    }
  }

  /// The logits of any image; see ``Session/logits(of:)``.
  @concurrent
  public func logits(of image: PixelBuffer) async throws(RuntimeError) -> [Float] {
    try await withSession { session throws(RuntimeError) in try session.logits(of: image) }
  }

  /// The `count` most likely classes of a normalised tensor; see ``Session/classify(tensor:top:)``.
  @concurrent
  public func classify(
    tensor: [Float], top count: Int = 5
  ) async throws(RuntimeError) -> [Prediction] {
    let logits = try await self.logits(ofTensor: tensor)
    return Prediction.top(count, of: logits, labels: model.labels)
  }

  /// The logits of a normalised tensor; see ``Session/logits(ofTensor:)``.
  @concurrent
  public func logits(ofTensor tensor: [Float]) async throws(RuntimeError) -> [Float] {
    let crop = try model.crop(ofTensor: tensor.span)
    return try await withSession { session throws(RuntimeError) in try session.run(crop) }
  }

  /// The pooled features of any image, `nil` if the model does not keep them.
  @concurrent
  public func features(of image: PixelBuffer) async throws(RuntimeError) -> [Float]? {
    try await withSession { session throws(RuntimeError) in
      _ = try session.logits(of: image)
      return session.features
    }
  }

  /// Calls `body` with a session that nobody else uses until it returns.
  @concurrent
  public func withSession<Result: Sendable>(
    _ body: @Sendable (inout Session) throws(RuntimeError) -> Result
  ) async throws(RuntimeError) -> Result {
    await enter()
    defer { leave() }
    let box: Box
    if let idle = state.withLock({ $0.idle.popLast() }) {
      box = idle
    } else {
      box = Box(try Session(model, threads: threadCount))
    }
    defer { state.withLock { $0.idle.append(box) } }
    return try body(&box.session)
  }

  private func enter() async {
    await withCheckedContinuation { continuation in
      let begins = state.withLock { state in
        guard state.freeCount == 0 else {
          state.freeCount -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if begins { continuation.resume() }
    }
  }

  private func leave() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.freeCount += 1
      return nil
    }
    next?.resume()
  }
}
