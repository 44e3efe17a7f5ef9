import Testing
import VitqFormat
import VitqTestSupport

struct ModelHeaderTests {
  @Test func readsWhatItWrote() throws {
    let header = ProgramSample.header
    #expect(try ModelHeader(metadata: header.metadata) == header)
    let small = ModelHeader(kind: .graph, toolVersion: "")
    #expect(try ModelHeader(metadata: small.metadata) == small)
  }

  @Test(
    arguments: [
      "a.png", "two words.png", "back\\slash.png", "two\nlines\r.png", "\\n.png", "é.png",
      "  spaces.png",
    ])
  func statesImagesByAnyName(_ name: String) throws {
    var header = ModelHeader(kind: .program, toolVersion: "1")
    let images = [name, "b.png"].map {
      ModelHeader.Source(name: $0, sha256: String(repeating: "0f", count: 32))
    }
    header.calibrationImages = images
    #expect(header.calibrationImages == images)
    #expect(try ModelHeader(metadata: header.metadata) == header)
    header.calibrationImages = []
    #expect(header == ModelHeader(kind: .program, toolVersion: "1"))
  }

  @Test(
    arguments: [
      ("vitq.kind", "model", "graph or program"),
      ("vitq.version", "0", "a whole number from 1 to 2147483647"),
      ("vitq.version", "one", "a whole number from 1 to 2147483647"),
      ("vitq.seed", "-1", "a whole number of 64 bits"),
    ])
  func refusesAValue(_ key: String, _ value: String, _ expected: String) {
    var metadata = ProgramSample.header.metadata
    metadata[key] = value
    #expect(
      throws: ModelFileError.invalidValue(key: key, expected: expected, found: value)
    ) { try ModelHeader(metadata: metadata) }
  }

  @Test(
    arguments: [
      "vitq.kind", "vitq.tool_version", "vitq.source.name", "vitq.source.sha256",
    ])
  func asksForAKey(_ key: String) {
    var metadata = ProgramSample.header.metadata
    metadata[key] = nil
    #expect(throws: ModelFileError.missingKey(key)) { try ModelHeader(metadata: metadata) }
  }

  @Test func refusesWhatItDoesNotKnow() {
    var metadata = ProgramSample.header.metadata
    metadata["vitq.colour"] = "red"
    #expect(throws: ModelFileError.unknownKey("vitq.colour")) {
      try ModelHeader(metadata: metadata)
    }
    metadata["vitq.version"] = "2"
    #expect(throws: ModelFileError.newerVersion(found: 2, supported: 1)) {
      try ModelHeader(metadata: metadata)
    }
    #expect(throws: ModelFileError.notAModel) { try ModelHeader(metadata: ["a": "b"]) }
  }

  @Test(
    arguments: [
      (.notAModel, "file: a safetensors file that vitq did not write; pass it to vitq convert"),
      (.otherFormat(.hdf5), "file: not a .vitq model: looks like HDF5; pass it to vitq convert"),
      (.otherFormat(.png), "file: not a .vitq model: looks like PNG"),
      (
        .noFormat,
        "file: not a .vitq model: expected a header that starts with '{' at byte 8, found none"
      ),
      (
        .newerVersion(found: 2, supported: 1),
        "file: written by a newer vitq: expected format version 1, found 2"
      ),
      (
        .invalidValue(key: "vitq.kind", expected: "graph or program", found: "x"),
        "header: metadata 'vitq.kind' is invalid: expected graph or program, found 'x'"
      ),
      (.headerDigestMismatch, "header: damaged: its SHA-256 digest does not match"),
      (
        .digestMismatch(tensor: "w"),
        "tensor 'w': damaged: its SHA-256 digest does not match"
      ),
      (
        .labelCountMismatch(classes: 10, labels: 9),
        "tensor 'labels': wrong number of labels: expected 10, one for each class, found 9"
      ),
    ] as [(ModelFileError, String)])
  func says(_ error: ModelFileError, _ message: String) {
    #expect(error.description == message)
  }
}
