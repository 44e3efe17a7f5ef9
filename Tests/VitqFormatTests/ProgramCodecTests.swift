import Testing
import VitqFormat
import VitqTestSupport

struct ProgramCodecTests {
  @Test func decodesWhatItEncoded() throws {
    let program = ProgramSample.program()
    #expect(try ProgramCodec.decode(ProgramCodec.encode(program)) == program)
  }

  /// The bytes of the example in `formats/vitq.md`.
  @Test func encodesAsTheFormatSays() {
    var program = Program(imageHeight: 4, imageWidth: 6)
    program.logits = program.addBuffer(rows: 1, columns: 3, type: .f32)
    program.instructions = [
      .mean(source: Program.BufferID(index: 5), rows: 1..<7, target: program.logits), .barrier,
    ]
    #expect(
      ProgramCodec.encode(program) == [
        0x56, 0x54, 0x51, 0x50, 4, 0, 0, 0,
        4, 0, 0, 0, 6, 0, 0, 0,
        1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 1, 0, 0, 0,
        0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
        2, 0, 0, 0,
        7, 5, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0,
        8,
      ])
  }

  @Test func rejectsEveryTruncation() {
    let whole = ProgramCodec.encode(ProgramSample.program())
    for count in whole.indices {
      #expect(throws: ProgramError.self, "\(count) bytes") {
        try ProgramCodec.decode(Array(whole.prefix(count)))
      }
    }
    #expect(throws: ProgramError.trailingBytes(count: 1)) {
      try ProgramCodec.decode(whole + [0])
    }
  }

  @Test func rejectsOtherVersions() {
    var bytes = ProgramCodec.encode(ProgramSample.program())
    bytes[4] = 5
    #expect(throws: ProgramError.newerVersion(found: 5, supported: 4)) {
      try ProgramCodec.decode(bytes)
    }
    for version: UInt8 in [0, 2] {
      bytes[4] = version
      #expect(throws: ProgramError.unknownCode(ProgramPlace("version"), found: Int(version))) {
        try ProgramCodec.decode(bytes)
      }
    }
    // The one before differs by an instruction alone.
    bytes[4] = 3
    #expect(throws: Never.self) { try ProgramCodec.decode(bytes) }
    bytes[0] = 0
    #expect(throws: ProgramError.notAProgram) { try ProgramCodec.decode(bytes) }
    #expect(throws: ProgramError.notAProgram) { try ProgramCodec.decode([]) }
  }

  @Test func rejectsUnknownCodes() {
    var program = Program(imageHeight: 4, imageWidth: 6)
    program.logits = program.addBuffer(rows: 1, columns: 3, type: .f32)
    program.instructions = [.barrier]
    let whole = ProgramCodec.encode(program)
    var bytes = whole
    bytes[28] = 3
    #expect(throws: ProgramError.unknownCode(ProgramPlace("buffers[0].type"), found: 3)) {
      try ProgramCodec.decode(bytes)
    }
    bytes = whole
    bytes[45] = 99
    #expect(
      throws: ProgramError.unknownCode(ProgramPlace("operation", instruction: 0), found: 99)
    ) { try ProgramCodec.decode(bytes) }
  }

  @Test func limitsCounts() {
    var bytes = ProgramCodec.encode(Program(imageHeight: 4, imageWidth: 6))
    bytes[16...19] = [0xFF, 0xFF, 0xFF, 0xFF]
    #expect(
      throws: ProgramError.invalid(
        ProgramPlace("buffers.count"), expected: "at most 16384", found: "4294967295")
    ) { try ProgramCodec.decode(bytes) }
  }

  /// A flipped bit gives another program or an error; the other program is encoded as it was read.
  @Test func survivesEveryFlippedBit() throws {
    let whole = ProgramCodec.encode(ProgramSample.program())
    let container = try ModelFile(FileBytes(try ProgramSample.bytes())).container
    for index in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[index] ^= 1 << UInt8(bit)
        guard let program = try? ProgramCodec.decode(damaged) else { continue }
        #expect(ProgramCodec.encode(program) == damaged)
        _ = try? ProgramVerifier(program, container).verify()
      }
    }
  }
}
