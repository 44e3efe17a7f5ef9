import CVitqKernels
package import VitqFormat
public import VitqImage

/// The memory and the threads that run a model, one image at a time.
///
/// Several sessions of one model run at the same time. Nothing is allocated in the C runtime after
/// `init`. The result does not depend on the number of threads, nor on the instruction set.
@safe
public struct Session: ~Copyable {
  /// More threads than this are refused.
  public static let maximumThreadCount = 256
  /// As many threads as answer an image soonest: a thread for each processor that this process may
  /// run on, but not over 8, as an image has too few rows to occupy more.
  public static var recommendedThreadCount: Int { min(8, processorCount) }
  /// The processors that this process may run on.
  package static var processorCount: Int { vitq_processor_count() }

  /// What the session runs.
  public let model: Model
  /// The threads that share an image, the calling thread among them.
  public let threadCount: Int
  private let arena: UnsafeMutablePointer<UInt8>
  private let team: OpaquePointer
  private var results: [Float]
  private var hasRun = false
  /// What adds up the time of each instruction; `nil`, as it is at first, costs nothing.
  private var clock: InstructionClock?

  /// Allocates the memory and starts the threads.
  ///
  /// - Parameters:
  ///   - model: The model to run.
  ///   - threads: The number of threads that share an image, at least 1.
  /// - Throws: ``RuntimeError``: the number of threads or `VITQ_SPIN_US` is not supported, or memory
  ///   is short.
  public init(_ model: Model, threads: Int = 1) throws(RuntimeError) {
    try Self.validate(threads: threads)
    let spinTime = try SpinTime.selected()
    let prepared = model.prepared
    let byteCount = prepared.layout.byteCount + threads * prepared.scratchByteCount
    guard let arena = unsafe vitq_arena_create(byteCount) else {
      throw .noMemory(byteCount: byteCount)
    }
    guard let team = unsafe vitq_team_create(threads, spinTime) else {
      unsafe vitq_arena_free(arena)
      throw RuntimeError(.outOfResources, "threads: cannot start \(threads)")
    }
    self.model = model
    threadCount = threads
    unsafe self.arena = arena
    unsafe self.team = team
    results = [Float](repeating: 0, count: model.classCount)
  }

  /// Refuses a number of threads that no session can have.
  static func validate(threads: Int) throws(RuntimeError) {
    guard (1...Self.maximumThreadCount).contains(threads) else {
      throw RuntimeError(
        .invalidThreadCount,
        "number of threads: not supported: expected 1 to \(Self.maximumThreadCount), "
          + "found \(threads)")
    }
  }

  deinit {
    unsafe vitq_team_free(team)
    unsafe vitq_arena_free(arena)
  }

  /// The logits of an image of exactly the model's input size.
  ///
  /// - Throws: ``RuntimeError``: the image has another size, or the file of the model has changed.
  public mutating func run(_ crop: PixelBuffer) throws(RuntimeError) -> [Float] {
    try run(crop, stoppingAfter: []) { _, _ in }
  }

  /// Runs an image, and calls `visit` with each of `blocks`, ascending, once its output is there.
  mutating func run(
    _ crop: PixelBuffer, stoppingAfter blocks: [Int],
    visit: (_ session: borrowing Session, _ block: Int) -> Void
  ) throws(RuntimeError) -> [Float] {
    guard crop.width == model.inputWidth, crop.height == model.inputHeight else {
      throw RuntimeError(
        .wrongImageSize,
        "image: wrong size: expected \(model.inputWidth) × \(model.inputHeight) pixels, "
          + "found \(crop.width) × \(crop.height)")
    }
    try model.prepared.checkConstants()
    let prepared = model.prepared
    var start = 0
    for block in blocks {
      let last = model.blocks.locations[block].instruction
      let end = prepared.origins.firstIndex(of: last).map { $0 + 1 } ?? start
      execute(start..<end, of: crop)
      visit(self, block)
      start = end
    }
    execute(start..<prepared.origins.count, of: crop)
    hasRun = true
    let logits = floats(of: model.program.logits, row: 0)
    for index in results.indices { results[index] = logits[index] }
    return results
  }

  private func execute(_ part: Range<Int>, of crop: PixelBuffer) {
    unsafe crop.bytes.withUnsafeBufferPointer { image in
      unsafe model.prepared.withProgram(part, clock) { program in
        unsafe vitq_run_with_team(program, arena, image.baseAddress, team)
      }
    }
  }

  /// The logits of an image of exactly the model's input size, and where the time went.
  ///
  /// - Throws: ``RuntimeError``: the image has another size.
  package mutating func timedRun(
    _ crop: PixelBuffer
  ) throws(RuntimeError) -> (logits: [Float], time: InstructionTimes) {
    let clock = InstructionClock(model.prepared, threads: threadCount)
    self.clock = clock
    defer { self.clock = nil }
    return (try run(crop), clock.times)
  }

  /// The logits of any image, which the model's own preprocessing resizes and crops.
  ///
  /// - Throws: ``RuntimeError``: the model does not say how, or a side is not 1 to 65 535 pixels.
  public mutating func logits(of image: PixelBuffer) throws(RuntimeError) -> [Float] {
    let crop = try model.crop(of: image)
    return try run(crop)
  }

  /// The `count` most likely classes of any image, likeliest first; see ``logits(of:)``.
  ///
  /// There are fewer if the model has fewer, and none if `count` is below 1.
  public mutating func classify(
    _ image: PixelBuffer, top count: Int = 5
  ) throws(RuntimeError) -> [Prediction] {
    Prediction.top(count, of: try logits(of: image), labels: model.labels)
  }

  /// The pooled features of the last image: what the classifier read, ``Model/featureCount`` values.
  ///
  /// A program that keeps them quantized gives the numbers that its codes stand for. `nil` before
  /// the first image, and if the program does not keep them.
  public var features: [Float]? {
    guard hasRun, let location = model.features else { return nil }
    guard let quantizer = location.quantizer else { return floats(of: location.buffer, row: 0) }
    return bytes(of: location.buffer, row: 0).map { code in
      quantizer.step * Float(Int(code) - quantizer.zeroPoint)
    }
  }

  /// A copy of the columns of every row of a u8 or s8 buffer, as the last image left it.
  package func bytes(of id: Program.BufferID) -> [UInt8] {
    (0..<model.program.buffers[id.index].rows).flatMap { bytes(of: id, row: $0) }
  }

  private func bytes(of id: Program.BufferID, row: Int) -> [UInt8] {
    let buffer = model.program.buffers[id.index]
    precondition(buffer.type != .f32, "buffer \(id.index) holds floats")
    let matrix = model.prepared.layout.matrices[id.index]
    let start = unsafe arena + matrix.offset + row * matrix.stride
    return unsafe Array(UnsafeBufferPointer(start: start, count: buffer.columns))
  }

  /// A copy of the columns of every row of an f32 buffer, as the last image left it.
  package func floats(of id: Program.BufferID) -> [Float] {
    (0..<model.program.buffers[id.index].rows).flatMap { floats(of: id, row: $0) }
  }

  func floats(of id: Program.BufferID, row: Int) -> [Float] {
    let buffer = model.program.buffers[id.index]
    precondition(buffer.type == .f32, "buffer \(id.index) holds codes")
    let matrix = model.prepared.layout.matrices[id.index]
    let start = unsafe UnsafeRawPointer(arena + matrix.offset + row * matrix.stride)
      .assumingMemoryBound(to: Float.self)
    return unsafe Array(UnsafeBufferPointer(start: start, count: buffer.columns))
  }
}

/// The memory is the instance's own and no two copies exist, so it may move between threads.
extension Session: @unchecked Sendable {}
