import Testing
import VitqCheckpoints
import VitqFormat
import VitqTensor
import VitqTestSupport

struct HubFolderTests {
  static let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
  static let weights =
    [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0, 0x80, 0x3F]

  @Test func opensAFolderAndAFile() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.weights, to: "model.safetensors")
    #expect(try HubFolder.open(folder.path).metadata.isEmpty)
    try folder.write(Array(#"{"architecture":"é"}"#.utf8), to: "config.json")
    for path in [folder.path, folder.path + "/", file] {
      let archive = try HubFolder.open(path)
      #expect(archive.metadata == ["config.json": #"{"architecture":"é"}"#])
      #expect(try archive.tensor("w").elements == [1])
    }
  }

  @Test func refusesAConfigurationItCannotRead() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.weights, to: "model.safetensors")
    try folder.write([0xFF], to: "config.json")
    #expect(throws: CheckpointError.configuration("text is not UTF-8")) {
      try HubFolder.open(folder.path)
    }
    try folder.write([], to: "config.json")
    #expect(throws: CheckpointError.configuration("the file is empty")) {
      try HubFolder.open(folder.path)
    }
  }

  @Test func saysWhatAFolderHoldsInstead() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.weights(name: "model.safetensors", .notFound)) {
      try HubFolder.open(folder.path)
    }
    try folder.write([0x80, 2], to: "pytorch_model.bin")
    #expect(throws: CheckpointError.pickle(name: "pytorch_model.bin")) {
      try HubFolder.open(folder.path)
    }
    try folder.write([1], to: "model.safetensors.index.json")
    #expect(throws: CheckpointError.sharded(name: "model.safetensors.index.json")) {
      try HubFolder.open(folder.path)
    }
  }

  @Test func refusesFilesOfOtherFormats() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CheckpointError.weights(name: nil, .notFound)) {
      try HubFolder.open(folder.file("none"))
    }
    let zip = try folder.write(Array("PK".utf8) + [3, 4, 0, 0], to: "a.pth")
    #expect(throws: CheckpointError.pickle(name: nil)) { try HubFolder.open(zip) }
    let header = #"{"__metadata__":{"vitq.version":"2"}}"#
    let model = try folder.write(
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8), to: "a.vitq")
    #expect(throws: CheckpointError.vitqModel) { try HubFolder.open(model) }
    let text = try folder.write(Array("hello".utf8), to: "a.txt")
    #expect(throws: CheckpointError.safetensors(.truncated(needed: 8, found: 5))) {
      try HubFolder.open(text)
    }
  }

  @Test(
    arguments: [
      (.weights(name: nil, .notFound), "no such file"),
      (.weights(name: "model.safetensors", .notFound), "file 'model.safetensors': no such file"),
      (
        .pickle(name: "model.pt"),
        "file 'model.pt': a pickle, which can run code: expected safetensors; convert it with "
          + "fixtures/make/export_timm.py"
      ),
      (
        .archive(.unsupportedElementType(tensor: "w", found: "I64")),
        "tensor 'w': cannot be read as weights: expected F32, F16, BF16 or F64, found I64"
      ),
      (
        .archive(.duplicateName("a", originals: ["a", "module.a"])),
        "tensor 'a': stored more than once: as 'a' and 'module.a'"
      ),
    ] as [(CheckpointError, String)])
  func says(_ error: CheckpointError, _ message: String) {
    #expect(error.description == message)
  }
}
