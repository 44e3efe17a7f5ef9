import Testing
import VitqFormat

/// What is not JSON, or not the JSON that a header may be.
struct SafetensorsHeaderTests {
  static let defects: [(String, JSONDefect, Int)] = [
    (" {}", .unexpected(found: .byte(0x20), expected: "'{'"), 0),
    ("\u{FEFF}{}", .unexpected(found: .byte(0xEF), expected: "'{'"), 0),
    ("[]", .unexpected(found: .byte(0x5B), expected: "'{'"), 0),
    ("{", .unexpected(found: .end, expected: "a string"), 1),
    ("{}\n", .unexpected(found: .byte(0x0A), expected: "spaces up to the end"), 2),
    ("{}{}", .unexpected(found: .byte(0x7B), expected: "spaces up to the end"), 2),
    ("{/**/}", .unexpected(found: .byte(0x2F), expected: "a string"), 1),
    (#"{"w"}"#, .unexpected(found: .byte(0x7D), expected: "':'"), 4),
    (#"{"w":1}"#, .unexpected(found: .byte(0x31), expected: "an object"), 5),
    (#"{"w":null}"#, .unexpected(found: .byte(0x6E), expected: "an object"), 5),
    (#"{"__metadata__":{},}"#, .unexpected(found: .byte(0x7D), expected: "a string"), 19),
    (#"{"w":{"dtype":7}}"#, .unexpected(found: .byte(0x37), expected: "a string"), 14),
    (#"{"w":{"shape":{}}}"#, .unexpected(found: .byte(0x7B), expected: "a list"), 14),
    (#"{"w":{"shape":[NaN]}}"#, .unexpected(found: .byte(0x4E), expected: "a whole number"), 15),
    (#"{"w":{"shape":["1"]}}"#, .unexpected(found: .byte(0x22), expected: "a whole number"), 15),
    (#"{"w":{"shape":[1,]}}"#, .unexpected(found: .byte(0x5D), expected: "a whole number"), 17),
    (#"{"w":{"shape":[1 2]}}"#, .unexpected(found: .byte(0x32), expected: "',' or ']'"), 17),
    (#"{"w":{"shape":[1e2]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[1.0]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[-0]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[-1]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[01]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[9223372036854775808]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[18446744073709551616]}}"#, .notAWholeNumber, 15),
    (#"{"w":{"shape":[1,1,1,1,1,1,1,1,1]}}"#, .tooManyElements(limit: 8), 31),
    (#"{"w":{"data_offsets":[0,4,4]}}"#, .tooManyElements(limit: 2), 26),
    (#"{"w":{"shape":[],"shape":[]}}"#, .duplicateKey("shape"), 17),
    (#"{"__metadata__":{"a":"","\u0061":""}}"#, .duplicateKey("a"), 24),
    (#"{"__metadata__":{},"__metadata__":{}}"#, .duplicateKey("__metadata__"), 19),
    (#"{"__metadata__":{"a":1}}"#, .unexpected(found: .byte(0x31), expected: "a string"), 21),
    (#"{"__metadata__":{"a":{}}}"#, .unexpected(found: .byte(0x7B), expected: "a string"), 21),
    ("{\"a\nb\":", .controlCharacter(0x0A), 3),
    (#"{"\x":"#, .invalidEscape, 2),
    (#"{"\u12"#, .invalidEscape, 2),
    (#"{"\ud800":"#, .invalidEscape, 2),
    (#"{"\ud800\u0041":"#, .invalidEscape, 2),
    (#"{"\udc00":"#, .invalidEscape, 2),
    (#"{"\"#, .invalidEscape, 2),
    (#"{"abc"#, .unexpected(found: .end, expected: "'\"'"), 5),
  ]

  @Test(arguments: defects)
  func rejects(_ header: String, with defect: JSONDefect, at position: Int) {
    #expect(throws: SafetensorsError.malformedHeader(defect, byteOffset: 8 + position)) {
      try SafetensorsFile(FileBytes(file(header, [])))
    }
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xFF],
    ] as [[UInt8]])
  func rejectsWhatIsNotUTF8(_ text: [UInt8]) {
    let header = Array(#"{"__metadata__":{"a":""#.utf8) + text + Array(#""}}"#.utf8)
    #expect(throws: SafetensorsError.malformedHeader(.invalidUTF8, byteOffset: 8 + 22)) {
      try SafetensorsFile(FileBytes(file(header, [])))
    }
  }

  @Test func rejectsDuplicateTensors() {
    let entry = #""w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    #expect(
      throws: SafetensorsError.malformedHeader(.duplicateKey("w"), byteOffset: 8 + 54)
    ) {
      try SafetensorsFile(FileBytes(file("{\(entry), \(entry)}", [])))
    }
  }

  /// Nesting is as deep as the grammar, however deep the text is.
  @Test(arguments: ["[", #"{"a":"#])
  func rejectsDeepNesting(_ opening: String) {
    let header = #"{"w":"# + String(repeating: opening, count: 100_000)
    #expect(throws: SafetensorsError.self) {
      try SafetensorsFile(FileBytes(file(header, [])))
    }
  }
}
