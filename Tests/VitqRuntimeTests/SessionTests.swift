import Testing
import VitqFormat
import VitqImage
import VitqRuntime
import VitqTestSupport

struct SessionTests {
  static let image = PixelBuffer(
    width: 16, height: 12, bytes: (0..<16 * 12 * 3).map { UInt8(truncatingIfNeeded: $0 * 37) })

  /// A model that says how an image becomes its input.
  static func preparingModel(
    mean: [Float] = [0.5, 0.5, 0.5], standardDeviation: [Float] = [0.5, 0.5, 0.5]
  ) throws -> Model {
    let random = RandomProgram(bits: 4, seed: 9)
    return try Model(
      random.program, constants: random.constants,
      preprocessing: Preprocessing(
        inputHeight: 12, inputWidth: 16, cropFraction: 0.9, interpolation: .bicubic, mean: mean,
        standardDeviation: standardDeviation))
  }

  @Test(arguments: [4, 8], InstructionSet.available)
  func threadsAndInstructionSetsGiveTheSameBits(_ bits: Int, _ set: InstructionSet) throws {
    let random = RandomProgram(bits: bits, seed: 6)
    func run(_ set: InstructionSet, threads: Int) throws -> ([UInt32], [UInt32]) {
      let model = try Model(random.program, constants: random.constants, instructionSet: set)
      var session = try Session(model, threads: threads)
      // The second image finds the memory as the first left it.
      _ = try session.run(Self.image)
      let logits = try session.run(Self.image)
      return (logits.map(\.bitPattern), session.floats(of: random.tokens).map(\.bitPattern))
    }
    let expected = try run(.scalar, threads: 1)
    #expect(Set(expected.1).count > 100)
    for threads in [1, 2, 3, 16] {
      let found = try run(set, threads: threads)
      #expect(found == expected)
    }
  }

  /// Timing changes no bit.
  @Test(arguments: [1, 3]) func timesCoverTheInstructions(threads: Int) throws {
    let random = RandomProgram(bits: 4, seed: 6)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model, threads: threads)
    let expected = try session.run(Self.image)
    let start = ContinuousClock.now
    let (logits, times) = try session.timedRun(Self.image)
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    #expect(logits == expected)
    #expect(times.seconds.count == random.program.instructions.count)
    for (instruction, seconds) in zip(random.program.instructions, times.seconds) {
      // Others may be over before the clock moves.
      if case .linear = instruction { #expect(seconds > 0) }
      if case .barrier = instruction { #expect(seconds == 0) }
    }
    // Instructions follow one another on a thread, and waits come between them.
    let longest = times.seconds.max() ?? 0
    #expect(longest + times.waitingSeconds <= elapsed)
    if threads == 1 { #expect(times.seconds.reduce(times.waitingSeconds, +) <= elapsed) }
    #expect(try session.run(Self.image) == expected)
  }

  @Test(arguments: InstructionSet.available) func peaksAreMeasured(_ set: InstructionSet) throws {
    guard let peak = IntegerPeak(set) else {
      #expect(set == .scalar)
      return
    }
    #expect(!peak.instruction.isEmpty)
    // From a tenth of a product in each nanosecond to far beyond any core.
    #expect((1e8..<1e14).contains(peak.measure()))
  }

  @Test func sessionsOfOneModelRunAtTheSameTime() async throws {
    let random = RandomProgram(bits: 4, seed: 7)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model)
    let expected = try session.run(Self.image)
    let results = try await withThrowingTaskGroup(of: [Float].self) { group in
      for threads in 1...4 {
        group.addTask {
          var session = try Session(model, threads: threads)
          var logits: [Float] = []
          for _ in 0..<20 { logits = try session.run(Self.image) }
          return logits
        }
      }
      return try await group.reduce(into: [[Float]]()) { $0.append($1) }
    }
    #expect(results == Array(repeating: expected, count: 4))
    #expect(session.features?.count == 48)
  }

  @Test func whatCannotBeRunIsRefused() throws {
    let random = RandomProgram(bits: 4, seed: 8)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model)
    let small = PixelBuffer(width: 2, height: 1, bytes: [1, 2, 3, 4, 5, 6])
    #expect(
      error { _ = try session.run(small) } == (
        .wrongImageSize, "image: wrong size: expected 16 × 12 pixels, found 2 × 1"
      ))
    #expect(error { _ = try session.logits(of: small) }?.0 == .missingPreprocessing)
    for threads in [-1, 0, 257] {
      #expect(error { _ = try Session(model, threads: threads) }?.0 == .invalidThreadCount)
    }
    var tensors = random.tensors
    tensors["head.panels"] = [0]
    #expect(
      error { _ = try Model(random.program, constants: ProgramConstants(tensors)) } == (
        .unsupportedProgram, "tensor 'head.panels': wrong size: expected 2048 bytes, found 1"
      ))
    #expect(
      error { _ = try Model("/no/such/file.vitq") } == (
        .unreadableModel, "no such file"
      ))
  }

  @Test(arguments: [(0, 3), (3, 0), (70_000, 1), (1, 65_536)])
  func sidesThatNoImageHasAreRefused(_ width: Int, _ height: Int) throws {
    let image = PixelBuffer(
      width: width, height: height, bytes: [UInt8](repeating: 0, count: width * height * 3))
    let expected = (
      RuntimeError.Code.invalidPixels,
      "image: size not supported: expected sides of 1 to 65535, found \(width) × \(height)"
    )
    var session = try Session(Self.preparingModel())
    #expect(error { _ = try session.logits(of: image) } == expected)
    #expect(error { _ = try session.classify(image) } == expected)
    #expect(error { _ = try session.tokens(of: image, after: [0]) } == expected)
  }

  @Test(arguments: [(Int.min, 0), (-1, 0), (0, 0), (1, 1), (10, 10), (11, 10)])
  func asManyClassesAsThereAre(_ count: Int, _ found: Int) async throws {
    let model = try Self.preparingModel()
    var session = try Session(model)
    let predictions = try session.classify(Self.image, top: count)
    #expect(predictions.count == found)
    let pool = try SessionPool(model)
    let same = try await pool.classify(Self.image, top: count)
    #expect(same == predictions)
  }

  @Test func theMostLikelyClassesComeFirst() {
    let top = Prediction.top(2, of: [1, 3, 3, -2], labels: ["a", "b", "c", "d"])
    #expect(top.map(\.index) == [1, 2])
    #expect(top.map(\.label) == ["b", "c"])
    let expected = 1 / (2 + 0.135_335_28 + 0.006_737_947) as Float
    #expect(Tolerance.rounding.accepts(top.map(\.probability), [expected, expected]))
  }

  private func error(_ body: () throws -> Void) -> (RuntimeError.Code, String)? {
    do {
      try body()
      return nil
    } catch {
      return (error as? RuntimeError).map { ($0.code, $0.message) }
    }
  }
}

private func == (a: (RuntimeError.Code, String)?, b: (RuntimeError.Code, String)) -> Bool {
  a.map { $0 == b } ?? false
}
