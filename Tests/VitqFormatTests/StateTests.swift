import Testing
import VitqFormat

/// The words of a state are read back, and what is not such a state is reported.
struct StateTests {
  private static let plan = SHA256.hexDigest(of: [1])
  private static let signature = "teststa1"

  private static func bytes(_ write: (inout StateWriter) -> Void = { _ in }) -> [UInt8] {
    var state = StateWriter()
    write(&state)
    return state.bytes(signature: signature, plan: plan)
  }

  private func reader(_ bytes: [UInt8]) throws -> StateReader {
    try StateReader(bytes, signature: Self.signature, plan: Self.plan)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let floats: [Float] = [0.1, -0, .infinity, .leastNonzeroMagnitude]
    let bytes = Self.bytes { state in
      state.append(-7)
      state.append(70_000)
      state.append(Int.max)
      state.append(Float(2.5))
      state.append(Double.pi)
      state.append(Float(-1)...0.5)
      state.append(floats)
    }
    #expect(bytes.count == StateWriter.byteCount(wordCount: 12))
    var state = try reader(bytes)
    #expect(try state.integer() == -7)
    #expect(try state.count() == 70_000)
    #expect(try state.integer() == Int(Int32.max))
    #expect(try state.float() == 2.5)
    #expect(try state.double() == .pi)
    #expect(try state.range() == -1...0.5)
    #expect(!state.isAtEnd)
    #expect(try state.floats(4).map(\.bitPattern) == floats.map(\.bitPattern))
    #expect(state.isAtEnd)
    try state.end()
  }

  /// The bytes as the documentation has them, so that files of earlier runs stay readable.
  @Test func theBytesAreThoseDocumented() {
    let bytes = Self.bytes { $0.append(0x0102_0304) }
    let content = Array("\(Self.signature)\(Self.plan)".utf8) + [4, 3, 2, 1]
    #expect(bytes == content + Array(SHA256.hexDigest(of: content).utf8))
  }

  /// Bytes whose digest is right, so that what follows it is looked at.
  private static func sealed(_ content: [UInt8]) -> [UInt8] {
    content + Array(SHA256.hexDigest(of: content).utf8)
  }

  private static let damages: [(bytes: [UInt8], detail: String)] = [
    ([], "expected at least 136 bytes, found 0"),
    (Array(bytes().dropLast()), "expected at least 136 bytes, found 135"),
    (bytes() + [0], "the digest does not match the bytes"),
    (sealed(Array("teststa2\(plan)".utf8)), "the signature is not 'teststa1'"),
    (sealed(Array("\(signature)\(plan)".utf8) + [1]), "expected whole words, found 1 bytes more"),
  ]

  @Test(arguments: damages)
  func damageIsReported(_ bytes: [UInt8], _ detail: String) {
    #expect(throws: StateError.damaged(detail)) { try reader(bytes) }
  }

  @Test func anotherPlanIsReported() {
    let other = SHA256.hexDigest(of: [2])
    #expect(throws: StateError.otherPlan(expected: other, found: Self.plan)) {
      try StateReader(Self.bytes(), signature: Self.signature, plan: other)
    }
  }

  @Test func wordsThatAreNotThereAreReported() throws {
    let bytes = Self.bytes { $0.append([2, 1] as [Float]) }
    let cutShort = StateError.damaged("expected more than 2 words, found no more")
    var state = try reader(bytes)
    #expect(throws: cutShort) { try state.floats(3) }
    #expect(throws: StateError.damaged("expected 0 words, found 2")) { try state.end() }
    #expect(throws: StateError.damaged("expected an ascending range, found 2.0, 1.0")) {
      try state.range()
    }
    #expect(throws: cutShort) { try state.integer() }
  }
}
