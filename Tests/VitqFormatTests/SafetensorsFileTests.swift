import Testing
import VitqFormat
import VitqTestSupport

struct SafetensorsFileTests {
  @Test func readsTensorsInTheOrderOfTheirBytes() throws {
    let bytes = file(
      #"""
      {"b": {"dtype":"U8", "shape":[2,1], "data_offsets":[4,6]},
       "__metadata__":{"format":"pt","note":"\u00e9\n\ud83d\ude00"},
       "a":{"shape":[],"data_offsets":[0,4],"dtype":"F32"},
       "none":{"dtype":"I64","shape":[0,3],"data_offsets":[4,4]}}
      """# + "   ", [0, 0, 0x80, 0x3F, 7, 8])
    let safetensors = try SafetensorsFile(FileBytes(bytes))
    #expect(safetensors.tensors.map(\.name) == ["a", "none", "b"])
    #expect(safetensors.metadata == ["format": "pt", "note": "é\n😀"])
    let b = try #require(safetensors["b"])
    #expect(b.type == .u8 && b.shape == [2, 1])
    #expect(safetensors.bytes(of: b) == [7, 8])
    #expect(safetensors["none"]?.elementCount == 0)
    #expect(safetensors["a"]?.elementCount == 1)
    #expect(safetensors["c"] == nil)
  }

  @Test(arguments: StorageType.allCases)
  func readsEveryType(_ type: StorageType) throws {
    let bytes = file(
      #"{"w":{"dtype":"\#(type.rawValue)","shape":[3],"data_offsets":[0,\#(3 * type.byteCount)]}}"#,
      Array(repeating: 0, count: 3 * type.byteCount))
    #expect(try SafetensorsFile(FileBytes(bytes))["w"]?.elementCount == 3)
  }

  /// The smallest file with each defect.
  static let defects: [([UInt8], SafetensorsError)] = [
    ([], .truncated(needed: 8, found: 0)),
    ([0, 0, 0, 0, 0, 0, 0], .truncated(needed: 8, found: 7)),
    (Array(repeating: 0xFF, count: 8), .headerTooLong(byteCount: .max, limit: 100_000_000)),
    (
      [0, 0, 0, 0, 0, 0, 0, 0x80],
      .headerTooLong(byteCount: 1 << 63, limit: 100_000_000)
    ),
    ([9, 0, 0, 0, 0, 0, 0, 0], .truncated(needed: 17, found: 8)),
    (
      [0, 0, 0, 0, 0, 0, 0, 0],
      .malformedHeader(.unexpected(found: .end, expected: "'{'"), byteOffset: 8)
    ),
    (
      file(#"{"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
      .invalidName("")
    ),
    (
      file(#"{"a\u001b[":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, [0]),
      .invalidName("a\u{1B}[")
    ),
    (
      tensor(#""dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1"#),
      .unknownField(tensor: "w", field: "x")
    ),
    (
      tensor(#""shape":[1],"data_offsets":[0,4]"#),
      .missingField(tensor: "w", field: "dtype")
    ),
    (tensor(#""dtype":"F32","data_offsets":[0,4]"#), .missingField(tensor: "w", field: "shape")),
    (
      tensor(#""dtype":"F32","shape":[1]"#),
      .missingField(tensor: "w", field: "data_offsets")
    ),
    (
      tensor(#""dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]"#),
      .unsupportedElementType(tensor: "w", found: "F8_E4M3")
    ),
    (
      tensor(#""dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]"#),
      .shapeTooLarge(tensor: "w", shape: [4_611_686_018_427_387_904, 4])
    ),
    (
      tensor(#""dtype":"F32","shape":[1],"data_offsets":[0,5]"#),
      .invalidOffsets(tensor: "w", found: [0, 5], dataByteCount: 4)
    ),
    (
      tensor(#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#),
      .invalidOffsets(tensor: "w", found: [4, 0], dataByteCount: 4)
    ),
    (
      tensor(#""dtype":"F32","shape":[1],"data_offsets":[4]"#),
      .invalidOffsets(tensor: "w", found: [4], dataByteCount: 4)
    ),
    (
      tensor(#""dtype":"U8","shape":[3],"data_offsets":[1,4]"#),
      .notContiguous(tensor: "w", expected: 0, found: 1)
    ),
    (
      file(
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
          + #""b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#, [0, 0, 0, 0]),
      .notContiguous(tensor: "b", expected: 3, found: 1)
    ),
    (
      file(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
          + #""b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
      .notContiguous(tensor: "b", expected: 4, found: 0)
    ),
    (
      tensor(#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#),
      .byteCountMismatch(tensor: "w", type: .f32, shape: [2], expected: 8, found: 4)
    ),
    (tensor(#""dtype":"U8","shape":[3],"data_offsets":[0,3]"#), .trailingBytes(count: 1)),
    (file("{}", [0]), .trailingBytes(count: 1)),
  ]

  @Test(arguments: defects)
  func rejects(_ bytes: [UInt8], with expected: SafetensorsError) {
    #expect(throws: expected) { try SafetensorsFile(FileBytes(bytes)) }
  }

  @Test func limitsCounts() {
    let many = (0...SafetensorsFile.Limit.tensorCount).map {
      #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    }
    #expect(throws: SafetensorsError.tooManyTensors(limit: SafetensorsFile.Limit.tensorCount)) {
      try SafetensorsFile(FileBytes(file("{\(many.joined(separator: ","))}", [])))
    }
    let entries = (0...SafetensorsFile.Limit.metadataCount).map { #""\#($0)":"""# }
    #expect(
      throws: SafetensorsError.tooManyMetadataEntries(limit: SafetensorsFile.Limit.metadataCount)
    ) {
      try SafetensorsFile(
        FileBytes(file(#"{"__metadata__":{\#(entries.joined(separator: ","))}}"#, [])))
    }
    let name = String(repeating: "n", count: 513)
    #expect(throws: SafetensorsError.invalidName(name)) {
      try SafetensorsFile(
        FileBytes(file(#"{"\#(name)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, [])))
    }
  }

  /// Every prefix of a good file is a bad one.
  @Test func rejectsEveryTruncation() throws {
    let whole = tensor(#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#)
    _ = try SafetensorsFile(FileBytes(whole))
    for count in whole.indices {
      #expect(throws: SafetensorsError.self) {
        try SafetensorsFile(FileBytes(Array(whole.prefix(count))))
      }
    }
  }

  /// Random damage is refused or read, and never more than that.
  @Test func survivesRandomDamage() {
    let whole = tensor(#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#)
    var generator = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: damaged.indices, using: &generator)
        damaged[index] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let file = try? SafetensorsFile(FileBytes(damaged)) else { continue }
      #expect(file.tensors.allSatisfy { $0.range.upperBound <= damaged.count })
    }
  }

  @Test(
    arguments: [
      (
        .truncated(needed: 17, found: 8),
        "file: ends within its header: expected at least 17 bytes, found 8"
      ),
      (
        .malformedHeader(.duplicateKey("w"), byteOffset: 9),
        "header: malformed at byte 9: key 'w' appears twice"
      ),
      (
        .malformedHeader(.unexpected(found: .byte(0x27), expected: "a string"), byteOffset: 9),
        "header: malformed at byte 9: expected a string, found '''"
      ),
      (
        .invalidName("a\u{1B}["),
        "tensor 'a\\u{1b}[': name is empty, longer than 512 bytes or has control characters"
      ),
      (
        .unsupportedElementType(tensor: "w", found: "F8"),
        "tensor 'w': unsupported dtype: expected one of "
          + "F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL, found 'F8'"
      ),
      (
        .byteCountMismatch(
          tensor: "w", type: .f32, shape: [576, 192], expected: 442_368, found: 442_366),
        "tensor 'w': wrong number of bytes for F32 [576, 192]: expected 442368, found 442366"
      ),
      (
        .notContiguous(tensor: "w", expected: 0, found: 1),
        "tensor 'w': bytes are not next to those before: expected to start at 0, found 1"
      ),
      (.trailingBytes(count: 1), "file: 1 bytes behind the last tensor: expected none"),
    ] as [(SafetensorsError, String)])
  func says(_ error: SafetensorsError, _ message: String) {
    #expect(error.description == message)
  }
}

/// A file of a header and the bytes behind it.
func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
  file(Array(header.utf8), data)
}

func file(_ header: [UInt8], _ data: [UInt8]) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
}

/// A file of four bytes and a tensor `w` with the given fields.
private func tensor(_ fields: String) -> [UInt8] {
  file("{\"w\":{\(fields)}}", [0, 0, 0, 0])
}
