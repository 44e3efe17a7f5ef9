import Testing
import VitqHDF5

struct HDF5ErrorTests {
  @Test(
    arguments: [
      ("empty", .empty),
      ("text", .notHDF5(resembles: "text")),
      ("zip", .notHDF5(resembles: "a ZIP archive, such as a PyTorch checkpoint")),
      ("safetensors", .notHDF5(resembles: "safetensors")),
      ("truncated", .truncated(expected: 15176, found: 7588)),
      ("last_byte_missing", .truncated(expected: 15176, found: 15175)),
      ("latest", .newerFormat(object: "w")),
      ("external_link", .linkNotAllowed(object: "w", kind: .external)),
      ("soft_link", .linkNotAllowed(object: "w", kind: .soft)),
      ("dangling_link", .linkNotAllowed(object: "w", kind: .soft)),
      ("soft_link_loop", .linkNotAllowed(object: "a", kind: .soft)),
      ("external_group", .linkNotAllowed(object: "blocks", kind: .external)),
      ("opaque", .unsupportedElementType(object: "w", found: "opaque")),
      ("reference", .unsupportedElementType(object: "w", found: "reference")),
      (
        "sequence",
        .unsupportedElementType(object: "w", found: "variable-length sequence")
      ),
      ("array", .unsupportedElementType(object: "w", found: "array")),
      ("cycle", .groupRevisited(object: "a/b/up")),
      ("group_twice", .groupRevisited(object: "b")),
      ("virtual", .storageOutsideFile(object: "w", kind: "a virtual dataset")),
      ("external_storage", .storageOutsideFile(object: "w", kind: "external storage")),
      ("compound", .unsupportedElementType(object: "w", found: "compound")),
      ("string", .unsupportedElementType(object: "w", found: "string")),
      ("boolean", .unsupportedElementType(object: "w", found: "enumeration")),
      ("long_double", .unsupportedElementType(object: "w", found: "floating point of 16 bytes")),
      ("zero_size", .noElements(object: "w")),
      ("null_space", .noElements(object: "w")),
      ("unwritten", .noElements(object: "w")),
      ("sparse", .malformed(object: "w", reason: "stores 16 of 32 bytes")),
      (
        "huge",
        .limitExceeded(object: "w", quantity: "elements", limit: 1 << 34, found: 1 << 40)
      ),
      (
        "bomb",
        .inflated(object: "w", declaredByteCount: 134_217_728, storedByteCount: 4086)
      ),
      ("lzf", .unsupportedFilter(object: "w", filter: "lzf")),
      ("scaleoffset", .unsupportedFilter(object: "w", filter: "scaleoffset")),
      ("rank_32", .limitExceeded(object: "w", quantity: "dimensions", limit: 8, found: 32)),
      ("nested_33", tooDeep),
      ("nested_100", tooDeep),
      ("named_type", .unsupportedObject(object: "t", kind: "a named datatype")),
      ("invalid_name", .invalidName(object: "/")),
      ("control_name", .invalidName(object: "/")),
      ("duplicate", .duplicateName("w", originals: ["module.w", "w"])),
      ("duplicate_path", .duplicateName("a.b", originals: ["a/b", "a.b"])),
      ("config_number", .attributeNotText("config", found: "another type")),
      (
        "config_not_utf8",
        .attributeNotText("config", found: "bytes that are not UTF-8 or hold a NUL")
      ),
    ] as [(String, HDF5Error)])
  func refusesAFile(_ name: String, with expected: HDF5Error) {
    #expect(throws: expected) { try HDF5Archive(path: file(name)) }
  }

  private static let tooDeep = HDF5Error.limitExceeded(
    object: Array(repeating: "g", count: 33).joined(separator: "/"),
    quantity: "nested groups", limit: 32, found: 33)

  @Test func refusesWhatIsNotAFile() {
    #expect(throws: HDF5Error.notAFile) { try HDF5Archive(path: "/dev/zero") }
    #expect(throws: HDF5Error.notAFile) { try HDF5Archive(path: "/") }
    #expect(throws: HDF5Error.unreadable(reason: "No such file or directory")) {
      try HDF5Archive(path: file("missing"))
    }
  }

  @Test(
    arguments: [
      (
        .linkNotAllowed(object: "w", kind: .external),
        "object 'w': link kind refused: expected hard, found external. re-save the file with "
          + "the tensor itself in place of the link"
      ),
      (
        .newerFormat(object: "w"),
        "object 'w': written in a newer HDF5 format than this library reads. re-save it with "
          + "h5py.File(…, 'w', libver=('earliest', 'v110')) and no compression"
      ),
      (
        .truncated(expected: 15176, found: 7588),
        "truncated HDF5 file: expected 15176 bytes, found 7588"
      ),
    ] as [(HDF5Error, String)])
  func saysWhatIsWrong(_ error: HDF5Error, _ expected: String) {
    #expect(error.description == expected)
  }
}
