import Foundation
import Testing
import VitqFormat
import VitqONNX
import VitqTestSupport

/// Every file of `fixtures/malformed/onnx`, by its exact error.
struct ONNXErrorTests {
  private static func read(_ name: String) throws(ONNXError) -> ONNXModel {
    try ONNXReader.model(at: Fixtures.path("malformed/onnx/\(name).onnx"))
  }

  static let wireDefects: [(String, ONNXError)] = [
    ("empty", .file(.empty)),
    ("text", .malformed(offset: 2, reason: "wire type 4")),
    ("html", .notONNX(resembles: "HTML or XML")),
    ("pickle", .notONNX(resembles: "a ZIP archive, such as a PyTorch checkpoint")),
    ("lfs_pointer", .notONNX(resembles: "a Git LFS pointer")),
    ("no_graph", .noGraph),
    ("nested_5", .subgraph(node: "", operatorType: "If", attribute: "then_branch")),
    ("nested_200", .subgraph(node: "", operatorType: "If", attribute: "then_branch")),
    ("nested_3000", .subgraph(node: "", operatorType: "If", attribute: "then_branch")),
    ("many_nodes", .limitExceeded(quantity: "nodes", limit: 20_000, found: 50_001)),
    ("many_unknown", .truncated(offset: 180_002, expected: 1, found: 0)),
    ("length_beyond", .truncated(offset: 5, expected: 1000, found: 1)),
    ("length_2_31", .malformed(offset: 3, reason: "a length of 2147483648 bytes")),
    ("length_2_63", .malformed(offset: 3, reason: "a length of 9223372036854775808 bytes")),
    ("long_varint", .malformed(offset: 1, reason: "a number of more than 64 bits")),
    ("overflowing_varint", .malformed(offset: 1, reason: "a number of more than 64 bits")),
    ("group", .malformed(offset: 2, reason: "wire type 3")),
    ("field_zero", .malformed(offset: 2, reason: "field number 0")),
    ("wrong_wire_type", .malformed(offset: 2, reason: "field 7 with wire type varint")),
    ("text_not_utf8", .malformed(offset: 17, reason: "text that is not UTF-8 or holds a NUL")),
    ("text_with_nul", .malformed(offset: 17, reason: "text that is not UTF-8 or holds a NUL")),
    ("truncated", .truncated(offset: 4, expected: 99, found: 50)),
    ("last_byte_missing", .truncated(offset: 105, expected: 4, found: 3)),
    ("appended", .malformed(offset: 109, reason: "field number 0")),
  ]

  static let modelDefects: [(String, ONNXError)] = [
    ("no_opset", .noOpset), ("foreign_opset_only", .noOpset),
    ("opset_10", .unsupportedOpset(found: 10)), ("opset_99", .unsupportedOpset(found: 99)),
    ("two_opsets", .unsupportedOpset(found: 18)),
    ("ir_version_0", .unsupportedIRVersion(found: 0)),
    ("ir_version_99", .unsupportedIRVersion(found: 99)),
    (
      "unknown_domain",
      .unknownDomain(node: "other", operatorType: "FastGelu", domain: "com.microsoft")
    ),
    ("subgraph", .subgraph(node: "other", operatorType: "If", attribute: "else_branch")),
    ("function", .functions(first: "Twice")), ("sparse", .sparseInitializers(count: 1)),
    ("no_operator", .noOperatorType(node: "other")),
    ("attribute_type_0", attribute("value", "attribute type 0")),
    ("attribute_type_99", attribute("value", "attribute type 99")),
    ("attribute_tensors", attribute("value", "a list of tensors")),
    ("attribute_sparse", attribute("value", "a sparse tensor")),
    ("attribute_without_tensor", attribute("value", "no tensor")),
    ("attribute_reference", attribute("axis", "a reference")),
    ("attribute_twice", .duplicateAttribute(node: "add", attribute: "axis")),
    (
      "attribute_bytes",
      .unsupportedAttribute(node: "other", attribute: "approximate", found: "bytes")
    ),
    ("constant_string", .invalidConstant(node: "other")),
    ("constant_empty", .invalidConstant(node: "other")),
    ("metadata_twice", .duplicateMetadata(key: "config")), ("no_outputs", .noOutputs),
    ("unnamed_initializer", .unnamed("an initializer")),
    (
      "duplicate_initializer",
      .duplicateValue("w", first: "an initializer", second: "an initializer")
    ),
    ("duplicate_input", .duplicateValue("x", first: "an input", second: "an input")),
    ("duplicate_output", .duplicateValue("y", first: "node 'other'", second: "node 'add'")),
    ("output_is_input", .duplicateValue("x", first: "an input", second: "node 'other'")),
    (
      "output_is_initializer",
      .duplicateValue("w", first: "an initializer", second: "node 'other'")
    ),
    ("missing_initializer", .undefinedValue("w", node: "add")),
    ("undefined_output", .undefinedOutput("z")),
    ("self_loop", .usedBeforeComputed("t", node: "other")),
    ("cycle", .usedBeforeComputed("b", node: "first")),
    ("not_sorted", .usedBeforeComputed("a", node: "second")),
    ("input_without_type", .unsupportedInput("x", found: "another type")),
    ("input_without_shape", .unsupportedInput("x", found: "a tensor of unknown rank")),
    ("input_of_strings", .unsupportedInput("x", found: "a tensor of STRING")),
    ("input_of_size_0", .unsupportedInput("x", found: "a dimension of 0")),
  ]

  static let tensorDefects: [(String, ONNXError)] = [
    ("negative_dimension", .invalidShape(tensor: "w", shape: [-2])),
    ("overflowing_shape", .invalidShape(tensor: "w", shape: [1 << 32, 1 << 32])),
    ("rank_9", .limitExceeded(quantity: "dimensions of tensor 'w'", limit: 8, found: 9)),
    ("short_raw_data", .byteCountMismatch(tensor: "w", expected: 8, found: 7)),
    ("long_raw_data", .byteCountMismatch(tensor: "w", expected: 8, found: 12)),
    ("no_data", .byteCountMismatch(tensor: "w", expected: 8, found: 0)),
    ("raw_and_float_data", .malformed(offset: 51, reason: "elements of one tensor in two fields")),
    ("raw_data_twice", .malformed(offset: 45, reason: "elements of one tensor in two fields")),
    ("type_99", .unsupportedElementType(tensor: "w", found: "type 99")),
    ("type_string", .unsupportedElementType(tensor: "w", found: "STRING")),
    ("type_float8", .unsupportedElementType(tensor: "w", found: "FLOAT8E4M3FN")),
    ("type_int4", .unsupportedElementType(tensor: "w", found: "INT4")),
    (
      "float_data_of_integers",
      .wrongElementField(tensor: "w", elementType: .int64, field: "float_data")
    ),
    (
      "int64_data_of_floats",
      .wrongElementField(tensor: "w", elementType: .float, field: "int64_data")
    ),
    ("int64_data_short", .elementCountMismatch(tensor: "w", expected: 2, found: 1)),
    ("int64_data_long", .elementCountMismatch(tensor: "w", expected: 2, found: 3)),
    (
      "int8_out_of_range",
      .elementOutOfRange(tensor: "w", index: 1, value: 128, elementType: .int8)
    ),
    (
      "half_out_of_range",
      .elementOutOfRange(tensor: "w", index: 1, value: -1, elementType: .float16)
    ),
  ]

  static let externalDefects: [(String, ONNXError)] = [
    ("external_parent", external("../good.data", .notAFileName)),
    ("external_inner_parent", external("a/../../good.data", .notAFileName)),
    ("external_absolute", external("/etc/passwd", .notAFileName)),
    ("external_drive", external("C:good.data", .notAFileName)),
    ("external_backslash", external("..\\good.data", .notAFileName)),
    ("external_empty_name", external("", .notAFileName)),
    ("external_dot", external(".", .notAFileName)),
    ("external_control", external("good\n.data", .notAFileName)),
    ("external_long_name", external(String(repeating: "a", count: 5000), .notAFileName)),
    ("external_no_location", external("", .notAFileName)),
    ("external_folder", external("folder", .file(.isDirectory))),
    ("external_link", external("link.data", .file(.symbolicLink))),
    ("external_missing", external("missing.data", .file(.notFound))),
    ("external_empty_file", external("empty.data", .file(.empty))),
    ("external_key", external(.unsupportedKey("checksum"))),
    ("external_key_twice", .externalData(tensor: "w", location: "", .duplicateKey("offset"))),
    ("external_negative_offset", external(.notANumber(key: "offset", found: "-4"))),
    ("external_exponent", external(.notANumber(key: "offset", found: "1e1"))),
    (
      "external_huge_offset",
      external(.notANumber(key: "offset", found: "18446744073709551616"))
    ),
    (
      "external_offset_beyond",
      external(.outsideFile(offset: .max, length: 8, fileByteCount: 16))
    ),
    ("external_end_beyond", external(.outsideFile(offset: 12, length: 8, fileByteCount: 16))),
    ("external_length", external(.byteCountMismatch(expected: 8, found: 4))),
    ("external_and_raw", .severalPayloads(tensor: "w")),
  ]

  private static func attribute(_ name: String, _ found: String) -> ONNXError {
    .unsupportedAttribute(node: "add", attribute: name, found: found)
  }

  private static func external(
    _ location: String = "good.data", _ defect: ExternalDataDefect
  ) -> ONNXError {
    .externalData(tensor: "w", location: location, defect)
  }

  private static func external(_ defect: ExternalDataDefect) -> ONNXError {
    external("good.data", defect)
  }

  @Test(arguments: wireDefects + modelDefects + tensorDefects + externalDefects)
  func refusesAFile(_ name: String, with expected: ONNXError) {
    #expect(throws: expected) { try Self.read(name) }
    #expect(!expected.description.isEmpty)
    #expect(!expected.description.contains("\n"))
  }

  static let sound = [
    "good", "typed_float", "typed_half", "typed_bfloat", "typed_double", "typed_integer",
    "unpacked_float", "integer_weight", "not_finite", "external", "external_overlap",
    "initializer_is_input",
  ]

  @Test func everyFileIsListed() throws {
    let defects = Self.wireDefects + Self.modelDefects + Self.tensorDefects + Self.externalDefects
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Fixtures.path("malformed/onnx")
    ).filter { $0.hasSuffix(".onnx") }
    #expect(Set(files) == Set((defects.map(\.0) + Self.sound).map { "\($0).onnx" }))
  }

  @Test(
    arguments: [
      ("good", [0, 0]), ("typed_float", [1, 2]), ("typed_half", [1, -2]),
      ("typed_bfloat", [1, -2]), ("typed_double", [1, -2]), ("unpacked_float", [0, 0]),
      ("external", [0, 0]), ("external_overlap", [0, 0]), ("initializer_is_input", [0, 0]),
    ] as [(String, [Float])])
  func readsElementsOfEachField(_ name: String, _ expected: [Float]) throws {
    let model = try Self.read(name)
    #expect(model.graph.initializers["w"]?.floats == expected)
    #expect(model.graph.inputs.map(\.name) == ["x"])
  }

  @Test func saysWhatItConverts() throws {
    #expect(try Self.read("typed_half").notes == ["1 tensor of FLOAT16 converted to FLOAT"])
    #expect(try Self.read("typed_double").notes == ["1 tensor of DOUBLE converted to FLOAT"])
    #expect(try Self.read("good").notes.isEmpty)
  }

  @Test func refusesWhatIsNoWeightWhereItIsUsed() throws {
    let whole = try Self.read("integer_weight").graph.initializers["w"]
    let integers = try #require(whole)
    #expect(integers.integers == [0, 0])
    #expect(throws: ONNXError.notAWeight(tensor: "w", found: "INT64")) {
      try integers.weight(named: "w")
    }
    #expect(try Self.read("typed_integer").graph.initializers["w"]?.integers == [1, -2])
    let damaged = try Self.read("not_finite").graph.initializers["w"]
    let notFinite = try #require(damaged)
    #expect(throws: ONNXError.self) { try notFinite.weight(named: "w") }
  }

  /// What the exit status of a command is made of.
  @Test(
    arguments: [
      (.file(.notFound), .missing), (.file(.empty), .malformed), (.noGraph, .malformed),
      (.unsupportedOpset(found: 5), .unsupported), (.functions(first: "f"), .unsupported),
      (.limitExceeded(quantity: "nodes", limit: 1, found: 2), .refused),
      (external("../x", .notAFileName), .refused),
      (external(.file(.symbolicLink)), .refused), (external(.file(.hardLinked)), .refused),
      (external(.file(.notFound)), .missing), (external(.file(.empty)), .malformed),
      (external(.unsupportedKey("checksum")), .unsupported),
      (external(.outsideFile(offset: 1, length: 1, fileByteCount: 1)), .malformed),
    ] as [(ONNXError, ONNXError.Category)])
  func hasACategory(_ error: ONNXError, _ expected: ONNXError.Category) {
    #expect(error.category == expected)
  }

  @Test(
    arguments: [
      (
        .unsupportedOpset(found: 5),
        "opset not supported: expected 11 to 23, found 5. export the model with opset 20"
      ),
      (
        .unknownDomain(node: "n", operatorType: "FastGelu", domain: "com.microsoft"),
        "node 'n' (com.microsoft.FastGelu): operators of this domain are not supported: "
          + "expected ONNX's own"
      ),
      (
        external("link.data", .file(.symbolicLink)),
        "tensor 'w': external data 'link.data': is a symbolic link: expected the file itself. "
          + "copy the file here with cp -L"
      ),
      (
        external("missing.data", .file(.notFound)),
        "tensor 'w': external data 'missing.data': no such file: expected it in the model's folder"
      ),
    ] as [(ONNXError, String)])
  func saysWhatIsWrong(_ error: ONNXError, _ expected: String) {
    #expect(error.description == expected)
  }
}
