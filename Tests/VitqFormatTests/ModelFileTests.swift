import Testing
import VitqFormat
import VitqTestSupport

struct ModelFileTests {
  @Test func readsWhatItWrote() throws {
    let file = try ModelFile(FileBytes(try ProgramSample.bytes()))
    try file.verify()
    #expect(file.header == ProgramSample.header)
    #expect(try file.labels(classCount: 3) == ProgramSample.labels)
    #expect(try file.program() == ProgramSample.program())
    #expect(
      file.tensors.map(\.name) == [
        "panels4", "panels8", "multipliers", "offsets", "zero_points", "gamma", "position", "wide",
        "tokens", "narrowInfinite", "bias", "huge", "regions",
        "halves", "nan", "odd", "scalar",
      ])
    let odd = try #require(file.container["odd"])
    #expect(file.container.bytes(of: odd) == [1, 2, 3])
  }

  @Test func startsEveryTensorOnA64ByteBoundary() throws {
    let file = try ModelFile(FileBytes(try ProgramSample.bytes()))
    #expect(file.container.headerRange.upperBound % 64 == 0)
    #expect(file.tensors.allSatisfy { $0.range.lowerBound % 64 == 0 })
    let padding = file.container.tensors.filter { $0.name.hasPrefix("~pad.") }
    #expect(padding.map(\.name).first == "~pad.0")
    #expect(padding.allSatisfy { $0.type == .u8 && $0.shape == [$0.range.count] })
  }

  @Test func writesTheSameBytesToAFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.vitq")
    try ModelFile.write(
      ProgramSample.header, program: ProgramSample.program(), labels: ProgramSample.labels,
      tensors: ProgramSample.tensors, to: path, overwriting: false)
    let bytes = try FileBytes(path: path)
    #expect(bytes.bytes(in: 0..<bytes.count) == (try ProgramSample.bytes()))
    #expect(try ModelFile(path: path).program() == ProgramSample.program())
    #expect(throws: FileError.exists) {
      try ModelFile.write(
        ModelHeader(kind: .graph, toolVersion: "1"), tensors: [], to: path, overwriting: false)
    }
    #expect(throws: ModelFileError.file(.notFound)) { try ModelFile(path: path + "x") }
  }

  @Test func writesTensorsPieceByPiece() throws {
    let header = ModelHeader(kind: .graph, toolVersion: "1")
    let whole = OutputTensor("w", (0..<1000).map { Float($0) }, shape: [10, 100])
    let pieces = OutputTensor("w", type: .f32, shape: [10, 100], pieceCount: 10) { row in
      (0..<100).map { Float(100 * row + $0) }
    }
    #expect(
      try ModelFile.encode(header, tensors: [whole])
        == (try ModelFile.encode(header, tensors: [pieces])))
  }

  /// Every bit of a small file matters to whoever opens it.
  @Test func findsEveryFlippedBit() throws {
    let whole = try smallBytes()
    for index in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[index] ^= 1 << UInt8(bit)
        #expect(throws: ModelFileError.self, "bit \(bit) of byte \(index)") {
          try ModelFile(FileBytes(damaged))
        }
      }
    }
  }

  @Test func findsEveryTruncation() throws {
    let whole = try smallBytes()
    for count in whole.indices {
      #expect(throws: ModelFileError.self, "\(count) bytes") {
        try ModelFile(FileBytes(Array(whole.prefix(count))))
      }
    }
    #expect(throws: ModelFileError.container(.trailingBytes(count: 1))) {
      try ModelFile(FileBytes(whole + [0]))
    }
  }

  /// Opening leaves large tensors alone; verifying does not.
  @Test func verifiesLargeTensorsWhenAsked() throws {
    let count = ModelFile.smallByteCount + 1
    let tensor = OutputTensor("w", bytes: Array(repeating: 1, count: count), shape: [count])
    let whole = try ModelFile.encode(ModelHeader(kind: .graph, toolVersion: "1"), tensors: [tensor])
    try ModelFile(FileBytes(whole)).verify()
    let start = try #require(ModelFile(FileBytes(whole)).container["w"]).range.lowerBound
    var generator = SplitMix64(seed: 3)
    for _ in 0..<20 {
      var damaged = whole
      damaged[Int.random(in: start..<whole.count, using: &generator)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
      let file = try ModelFile(FileBytes(damaged))
      #expect(throws: ModelFileError.digestMismatch(tensor: "w")) { try file.verify() }
    }
  }

  @Test func refusesASafetensorsFileOfSomebodyElse() {
    #expect(throws: ModelFileError.notAModel) {
      try ModelFile(FileBytes(file(#"{"__metadata__":{"format":"pt"}}"#, [])))
    }
  }

  @Test(
    arguments: [
      (.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), (.onnx, [8, 8, 0x12, 7]),
      (.zip, [0x50, 0x4B, 3, 4]), (.pickle, [0x80, 2]), (.png, [0x89, 0x50, 0x4E, 0x47]),
      (.jpeg, [0xFF, 0xD8, 0xFF]), (.gzip, [0x1F, 0x8B]), (.markup, Array("<!doctype".utf8)),
      (.lfsPointer, Array("version https://".utf8)), (.json, Array("{\"a\": 1}".utf8)),
    ] as [(FileFormat, [UInt8])])
  func saysWhatAnotherFileLooksLike(_ format: FileFormat, _ start: [UInt8]) {
    for count in [0, 1, 100] {
      #expect(throws: ModelFileError.otherFormat(format)) {
        try ModelFile(FileBytes(start + Array(repeating: 0xEE, count: count)))
      }
    }
  }

  @Test(arguments: ["hi", "hello, world", "name,label\n{", "12345678"])
  func saysWhatAFileOfNoFormatIsNot(_ text: String) {
    #expect(throws: ModelFileError.noFormat) { try ModelFile(FileBytes(Array(text.utf8))) }
  }

  /// A damaged model is not taken for a file of another format.
  @Test func aModelThatIsCutShortStaysOne() throws {
    let bytes = try ProgramSample.bytes()
    #expect(FileFormat(startOf: Array(bytes.prefix(FileFormat.startByteCount))) == .safetensors)
    let error = #expect(throws: ModelFileError.self) {
      try ModelFile(FileBytes(Array(bytes.dropLast())))
    }
    guard case .container = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    var long = bytes
    long[7] = 1
    let length = UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | 1 << 56
    #expect(
      throws: ModelFileError.container(
        .headerTooLong(byteCount: length, limit: SafetensorsFile.Limit.headerByteCount))
    ) { try ModelFile(FileBytes(long)) }
  }

  @Test func asksForOneLabelForEachClass() throws {
    let file = try ModelFile(FileBytes(try ProgramSample.bytes()))
    #expect(throws: ModelFileError.labelCountMismatch(classes: 4, labels: 3)) {
      try file.labels(classCount: 4)
    }
    let none = try ModelFile.encode(ModelHeader(kind: .graph, toolVersion: "1"), tensors: [])
    #expect(try ModelFile(FileBytes(none)).labels(classCount: 4).isEmpty)
  }

  @Test(
    arguments: [
      ([0xFF], ModelFileError.invalidLabels(line: nil)),
      (Array("a\tb\tc".utf8), .invalidLabels(line: 1)),
      (Array("a\nb\u{1B}[2J".utf8), .invalidLabels(line: 2)),
    ])
  func refusesLabels(_ bytes: [UInt8], with error: ModelFileError) throws {
    let tensor = OutputTensor("labels", bytes: bytes, shape: [bytes.count])
    let file = try ModelFile(
      FileBytes(
        try ModelFile.encode(ModelHeader(kind: .graph, toolVersion: "1"), tensors: [tensor])))
    #expect(throws: error) { try file.labels() }
  }

  @Test func saysWhichTensorIsMissing() throws {
    let bytes = try ModelFile.encode(ModelHeader(kind: .graph, toolVersion: "1"), tensors: [])
    #expect(throws: ModelFileError.missingTensor("program")) {
      try ModelFile(FileBytes(bytes)).program()
    }
  }

  private func smallBytes() throws -> [UInt8] {
    let tensors = [
      OutputTensor("odd", bytes: [1, 2, 3], shape: [3]),
      OutputTensor("w", [1.5, -2], shape: [2, 1]),
    ]
    var header = ModelHeader(kind: .program, toolVersion: "1.2.3")
    header.seed = 7
    header.attributes = ["a": "b\n"]
    return try ModelFile.encode(
      header, program: Program(imageHeight: 4, imageWidth: 6),
      labels: [Label(name: "cat"), Label(name: "dog")], tensors: tensors)
  }
}
