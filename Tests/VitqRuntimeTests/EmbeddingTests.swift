import Testing
import VitqFormat
import VitqImage
import VitqRuntime

/// What apps call, beyond a session on one thread.
struct EmbeddingTests {
  @Test func aPoolGivesEveryTaskTheAnswersOfASession() async throws {
    let random = RandomProgram(bits: 4, seed: 21)
    let model = try Model(random.program, constants: random.constants)
    let images = (0..<8).map { seed in
      PixelBuffer(
        width: 16, height: 12,
        bytes: (0..<16 * 12 * 3).map { UInt8(truncatingIfNeeded: $0 * (37 + seed)) })
    }
    var session = try Session(model)
    var expected: [[Float]] = []
    for image in images { expected.append(try session.run(image)) }
    #expect(Set(expected).count == images.count)
    let pool = try SessionPool(model, sessions: 2, threads: 2)
    let found = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for index in 0..<32 {
        let image = images[index % images.count]
        group.addTask {
          let logits = try await pool.withSession { session throws(RuntimeError) in
            try session.run(image)
          }
          return (index, logits)
        }
      }
      return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
    }
    #expect(found.count == 32)
    for (index, logits) in found { #expect(logits == expected[index % images.count]) }
  }

  @Test func aPoolGoesOnAfterAnError() async throws {
    let random = RandomProgram(bits: 4, seed: 22)
    let model = try Model(random.program, constants: random.constants)
    let pool = try SessionPool(model)
    for _ in 0..<3 {
      do {
        _ = try await pool.classify(SessionTests.image)
        Issue.record("a model without preprocessing classified")
      } catch {
        #expect(error.code == .missingPreprocessing)
      }
    }
    #expect(throws: RuntimeError.self) { _ = try SessionPool(model, sessions: 0) }
    #expect(throws: RuntimeError.self) { _ = try SessionPool(model, threads: 0) }
  }

  @Test func tokensOfABlockThatIsNotThereAreRefused() throws {
    let random = RandomProgram(bits: 4, seed: 23)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model)
    for block in [-1, model.blockCount] {
      do throws(RuntimeError) {
        _ = try session.tokens(ofCrop: SessionTests.image, after: [block])
        Issue.record("block \(block)")
      } catch {
        #expect(error.code == .invalidBlock)
      }
    }
    let logits = try session.run(SessionTests.image)
    let tokens = try session.tokens(ofCrop: SessionTests.image, after: [0, 0])
    #expect(tokens.count == 2 && tokens[0] == tokens[1] && tokens[0].block == 0)
    #expect(try session.run(SessionTests.image) == logits)
  }

  @Test func featuresAreThereAfterTheFirstImage() throws {
    let random = RandomProgram(bits: 4, seed: 23)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model)
    let none = session.features
    #expect(none == nil)
    _ = try session.run(SessionTests.image)
    let features = session.features
    let real = try #require(features)
    #expect(model.featureCount == 48 && real.count == 48)

    // The same program, asked for the codes that its classifier reads.
    var program = random.program
    guard
      case .layerNorm(_, _, _, _, _, .some(let quantizer), let codes)? =
        program.instructions.dropLast().last
    else {
      Issue.record("the classifier reads no codes")
      return
    }
    program.features = codes
    var quantized = try Session(Model(program, constants: random.constants))
    _ = try quantized.run(SessionTests.image)
    let expected = quantized.bytes(of: codes).map {
      quantizer.step * Float(Int($0) - quantizer.zeroPoint)
    }
    let found = quantized.features
    #expect(found == expected)
    #expect(Set(expected).count > 1)
  }

  @Test func paddedRowsGiveTheSamePixels() throws {
    let image = SessionTests.image
    var padded: [UInt8] = []
    for row in 0..<12 { padded += image.bytes[row * 48..<row * 48 + 48] + [9, 9] }
    #expect(try PixelBuffer(rgb: padded.span, width: 16, height: 12, rowStride: 50) == image)
    #expect(try PixelBuffer(rgb: image.bytes.span, width: 16, height: 12) == image)
    for (width, height, stride) in [
      (0, 12, 48), (16, -1, 48), (16, 12, 47), (16, 13, 50), (16, 12, Int.max), (16, 12, -48),
      (65_536, 1, 196_608), (1, 70_000, 3),
    ] {
      do {
        _ = try PixelBuffer(rgb: padded.span, width: width, height: height, rowStride: stride)
        Issue.record("accepted \(width) × \(height), \(stride)")
      } catch {
        #expect(error.code == .invalidPixels)
      }
    }
  }

  @Test func errorsNameTheFileAndTheirCodeIsOpen() {
    do {
      _ = try Model("/no/such/file.vitq")
      Issue.record("opened a file that does not exist")
    } catch {
      #expect(error.path == "/no/such/file.vitq")
      #expect(error.description == "/no/such/file.vitq: no such file")
      #expect(error.code == RuntimeError.Code(rawValue: "unreadable-model"))
    }
  }
}
