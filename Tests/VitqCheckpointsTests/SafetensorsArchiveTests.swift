import Testing
import VitqCheckpoints
import VitqFormat
import VitqTensor
import VitqTestSupport

struct SafetensorsArchiveTests {
  @Test func readsEveryFloatingPointFormat() throws {
    let archive = try archive([
      OutputTensor("module.f32", [1.5, -0, 3], shape: [3, 1]),
      OutputTensor("f64", type: .f64, shape: [2], pieceCount: 1) { _ in [0.1, -1e-60] },
      OutputTensor("f16", type: .f16, shape: [6], pieceCount: 1) { _ in
        [0x3C00, 0xC000, 0x0001, 0x8400, 0x7BFF, 0x8000] as [UInt16]
      },
      OutputTensor("bf16", type: .bf16, shape: [3], pieceCount: 1) { _ in
        [0x3F80, 0xC049, 0x0001] as [UInt16]
      },
      OutputTensor("index", type: .i64, shape: [1], pieceCount: 1) { _ in [7] },
    ])
    #expect(archive.entries.map(\.name) == ["f32", "f64", "f16", "bf16", "index"])
    #expect(archive.entries[0].shape == [3, 1])
    #expect(archive.metadata == ["architecture": "deit"])
    #expect(
      archive.conversionNotes == [
        "1 tensor of BF16 converted to F32", "1 tensor of F16 converted to F32",
        "1 tensor of F64 converted to F32",
      ])
    #expect(try archive.tensor("f32") == Tensor([3, 1], [1.5, -0, 3]))
    #expect(try archive.tensor("f64").elements == [0.1, -0])
    #expect(
      try archive.tensor("f16").elements.map(\.bitPattern)
        == [1, -2, 0x1p-24, -0x1p-14, 65504, -0.0].map { ($0 as Float).bitPattern })
    #expect(try archive.tensor("bf16").elements == [1, -3.140625, 0x1p-133])
    #expect(throws: ArchiveError.unsupportedElementType(tensor: "index", found: "I64")) {
      try archive.tensor("index")
    }
    #expect(throws: ArchiveError.noSuchTensor("module.f32")) {
      try archive.tensor("module.f32")
    }
  }

  #if arch(arm64) || os(Linux)
    /// Every number of 16 bits, against the type of the language.
    @Test func readsEveryHalf() throws {
      let finite = (0...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
      let archive = try archive([
        OutputTensor("w", type: .f16, shape: [finite.count], pieceCount: 1) { _ in finite }
      ])
      #expect(
        try archive.tensor("w").elements.map(\.bitPattern)
          == finite.map { Float(Float16(bitPattern: $0)).bitPattern })
    }
  #endif

  @Test func refusesNumbersThatAreNotFinite() throws {
    let archive = try archive([
      OutputTensor("nan", [1, .nan], shape: [2]),
      OutputTensor("inf16", type: .f16, shape: [1], pieceCount: 1) { _ in [0xFC00] as [UInt16] },
      OutputTensor("infb", type: .bf16, shape: [1], pieceCount: 1) { _ in [0x7F80] as [UInt16] },
      OutputTensor("large", type: .f64, shape: [2], pieceCount: 1) { _ in [0, 1e39] },
    ])
    let message = { (body: () throws -> Tensor) -> String in
      do {
        return "\(try body())"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { try archive.tensor("nan") }
        == "tensor 'nan': element 1 is not a finite number: found nan")
    for (name, index, value) in [("inf16", 0, -Float.infinity), ("infb", 0, .infinity)]
      + [("large", 1, .infinity)]
    {
      #expect(throws: ArchiveError.nonFinite(tensor: name, index: index, value: value)) {
        try archive.tensor(name)
      }
    }
  }

  @Test func refusesNamesThatBecomeTheSame() {
    #expect(throws: ArchiveError.duplicateName("a", originals: ["a", "module.a"])) {
      try archive([
        OutputTensor("a", [1], shape: [1]), OutputTensor("module.a", [1], shape: [1]),
      ])
    }
  }

  private func archive(_ tensors: [OutputTensor]) throws -> SafetensorsArchive {
    var header = ModelHeader(kind: .graph, toolVersion: "1")
    header.attributes = ["architecture": "deit"]
    let bytes = try ModelFile.encode(header, labels: [Label(name: "cat")], tensors: tensors)
    return try SafetensorsArchive(ModelFile(FileBytes(bytes)))
  }
}
