import Foundation
import Testing

/// Every damaged or hostile file: one line that names file and thing, the documented status, no output,
/// in bounded time and memory.
@Suite(.serialized) struct HostileFileTests {
  private static let malformed = CommandRun.package.appendingPathComponent("fixtures/malformed")

  /// Refused for safety.
  private static let refusedONNX: Set = [
    "external_absolute", "external_backslash", "external_control", "external_dot",
    "external_drive", "external_empty_name", "external_folder", "external_inner_parent",
    "external_link", "external_long_name", "external_no_location", "external_parent",
    "many_nodes", "rank_9",
  ]

  /// What this build does not have.
  private static let unsupportedONNX: Set = [
    "attribute_bytes", "attribute_reference", "attribute_sparse", "attribute_tensors",
    "attribute_type_0", "attribute_type_99", "attribute_without_tensor", "external_key",
    "function", "input_of_size_0", "input_of_strings", "input_without_shape",
    "input_without_type", "ir_version_0", "ir_version_99", "nested_200", "nested_3000",
    "nested_5", "opset_10", "opset_99", "sparse", "subgraph", "two_opsets", "type_99",
    "type_float8", "type_int4", "type_string", "unknown_domain",
  ]

  private static let refusedHDF5: Set = [
    "bomb", "dangling_link", "external_group", "external_link", "external_storage", "huge",
    "nested_100", "nested_33", "rank_32", "soft_link", "soft_link_loop", "virtual",
  ]

  private static let unsupportedHDF5: Set = ["latest", "lzf", "scaleoffset"]

  /// The files of a folder and the status that each ends with.
  private static func corpus(
    _ folder: String, _ suffix: String, refused: Set<String>, unsupported: Set<String>
  ) -> [(path: String, status: Int32)] {
    let url = malformed.appendingPathComponent(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(suffix) }.map { name in
      let stem = String(name.dropLast(suffix.count))
      let status: Int32 =
        refused.contains(stem)
        ? 77 : unsupported.contains(stem) ? 69 : stem == "external_missing" ? 66 : 65
      return (url.appendingPathComponent(name).path, status)
    }
  }

  @Test func refusesTheONNXCorpus() throws {
    let files = Self.corpus(
      "onnx", ".onnx", refused: Self.refusedONNX, unsupported: Self.unsupportedONNX)
    #expect(files.count > 100)
    for file in files { try expectRefusal(of: file.path, status: file.status) }
  }

  @Test func refusesTheHDF5Corpus() throws {
    let files = Self.corpus(
      "hdf5", ".h5", refused: Self.refusedHDF5, unsupported: Self.unsupportedHDF5)
    #expect(files.count > 40)
    for file in files { try expectRefusal(of: file.path, status: file.status) }
  }

  /// Small files that ask for much.
  @Test(
    arguments: [
      (
        "nodes.onnx", Data([8, 8, 0x3A, 0x80, 0x89, 0x7A] + many([0x0A, 0], 1_000_000)), 77, "nodes"
      ),
      ("nesting.onnx", nested(depth: 50_000), 69, "graphs inside nodes"),
      (
        "nesting.safetensors",
        StateDictFile.file("{\"w\":" + String(repeating: "[", count: 1_000_000)), 65, "header"
      ),
      ("length.safetensors", Data([0, 0, 0, 0, 0, 0, 0, 0x80]), 65, "header"),
    ] as [(String, Data, Int32, String)])
  func refusesAFlood(_ name: String, _ bytes: Data, _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(bytes, as: name)
    let path = folder.url.appendingPathComponent(name).path
    try expectRefusal(of: path, status: status, message: message)
  }

  static func many(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    Array([[UInt8]](repeating: bytes, count: count).joined())
  }

  /// A graph in an attribute of a node of a graph, and so on.
  static func nested(depth: Int) -> Data {
    func chunk(_ number: UInt8, _ count: Int) -> [UInt8] {
      var (rest, bytes) = (count, [number << 3 | 2])
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
      }
      return bytes + [UInt8(rest)]
    }
    var starts: [[UInt8]] = []
    var count = 0
    func enclose(_ bytes: [UInt8]) {
      starts.append(bytes)
      count += bytes.count
    }
    // From the inside: a graph, the attribute of type 5 that holds it, the node `If`.
    for _ in 0..<depth {
      enclose(chunk(6, count))
      enclose([0xA0, 1, 5])
      enclose(chunk(5, count))
      enclose([0x22, 2] + "If".utf8)
      enclose(chunk(1, count))
    }
    let output: [UInt8] = [0x62, 3, 0x0A, 1] + "y".utf8
    let model = [8, 8, 0x42, 2, 0x10, 17] + chunk(7, count + output.count)
    return Data(model + starts.reversed().joined() + output)
  }
}

/// Expects that `vitq convert` refuses a file, or the configuration that is given with it.
func expectRefusal(
  of path: String, configuration: String? = nil, status: Int32, message: String = ""
) throws {
  let folder = try TemporaryFolder()
  let output = folder.url.appendingPathComponent("out.vitq").path
  let options = configuration.map { ["--config", $0] } ?? []
  let run = try MeasuredRun(["convert", path, "-o", output] + options)
  #expect(run.status == status, "\(run.errors)")
  let lines = run.errors.split(separator: "\n", omittingEmptySubsequences: false)
  #expect(lines.count == 2 && lines.last == "", "\(run.errors)")
  #expect(run.errors.hasPrefix("vitq: \(configuration ?? path): "), "\(run.errors)")
  #expect(message.isEmpty || run.errors.contains(message), "\(run.errors)")
  #expect(!run.errors.dropLast().unicodeScalars.contains { $0.value < 0x20 }, "\(path)")
  #expect(try folder.names.isEmpty, "\(path)")
  #expect(run.processorSeconds < 1, "\(path)")
  #expect(run.peakByteCount <= max(100_000_000, MeasuredRun.ownPeakByteCount), "\(path)")
}
