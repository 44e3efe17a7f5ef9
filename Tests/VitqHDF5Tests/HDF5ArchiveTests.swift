import Testing
import VitqCheckpoints
import VitqHDF5
import VitqTensor
import VitqTestSupport

struct HDF5ArchiveTests {
  private let weight = Tensor([2, 3], [0, 1, 2, 3, 4, 5])

  @Test func listsTensorsUnderTheirStateDictNames() throws {
    let archive = try HDF5Archive(path: file("good"))
    let shapes = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0.shape) })
    #expect(
      shapes == [
        "a.weight": [2, 3], "blocks.0.half": [2, 3], "blocks.0.double": [2, 3],
        "blocks.0.big_endian": [2, 3], "blocks.0.deflated": [2, 3], "blocks.0.index": [4],
        "scalar": [],
      ])
  }

  @Test(
    arguments: [
      "a.weight", "blocks.0.half", "blocks.0.double", "blocks.0.big_endian", "blocks.0.deflated",
    ])
  func readsEveryWidthByteOrderAndKnownFilter(_ name: String) throws {
    #expect(try HDF5Archive(path: file("good")).tensor(name) == weight)
  }

  @Test func readsAScalar() throws {
    #expect(try HDF5Archive(path: file("good")).tensor("scalar") == Tensor([], [2.5]))
  }

  @Test func keepsTextAttributesAsMetadata() throws {
    #expect(
      try HDF5Archive(path: file("good")).metadata == [
        ArchiveMetadata.configuration: #"{"architecture": "tiny"}"#, "architecture": "tiny",
        "fixed": "text",
      ])
  }

  @Test func followsGroupsDownToTheLimit() throws {
    #expect(try HDF5Archive(path: file("nested_32")).entries.isEmpty)
  }

  @Test(
    arguments: [
      ("good", "blocks.9", .noSuchTensor("blocks.9")),
      (
        "good", "blocks.0.index",
        .unsupportedElementType(tensor: "blocks.0.index", found: "integer of 8 bytes")
      ),
      ("not_finite", "w", .nonFinite(tensor: "w", index: 1, value: .infinity)),
      ("double_overflow", "w", .nonFinite(tensor: "w", index: 1, value: .infinity)),
    ] as [(String, String, ArchiveError)])
  func refusesATensor(_ name: String, _ tensor: String, with expected: ArchiveError) throws {
    let archive = try HDF5Archive(path: file(name))
    #expect(throws: expected) { try archive.tensor(tensor) }
  }
}

/// The path of a file that `fixtures/make/hdf5_malformed.py` wrote.
func file(_ name: String) -> String { Fixtures.path("malformed/hdf5/\(name).h5") }
