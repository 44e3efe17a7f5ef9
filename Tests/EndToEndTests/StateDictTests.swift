import Foundation
import Testing

/// What `vitq convert` makes of state dicts that are not quite one.
struct StateDictTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var status: Int32 = 65
    var message: String
    var damage: @Sendable (inout StateDictFile) -> Void
  }

  static let defects = [
    Case(
      description: "whole numbers",
      message:
        "tensor 'head.weight': cannot be read as weights: expected F32, F16, BF16 or F64, found I64"
    ) { $0["head.weight"].store([Int64](repeating: 1, count: 7 * 32), as: "I64") },
    Case(description: "truth values", message: "tensor 'head.bias': cannot be read") {
      $0["head.bias"].store([UInt8](repeating: 1, count: 7), as: "BOOL")
    },
    Case(description: "8-bit floating point", message: "tensor 'head.bias': unsupported dtype") {
      $0["head.bias"].store([UInt8](repeating: 1, count: 7), as: "F8_E4M3")
    },
    Case(
      description: "NaN", message: "tensor 'head.bias': element 3 is not a finite number: found nan"
    ) {
      $0["head.bias"].store([0, 0, 0, Float.nan, 0, 0, 0], as: "F32")
    },
    Case(
      description: "too large a double",
      message: "tensor 'head.bias': element 0 is not a finite number"
    ) {
      $0["head.bias"].store([1e300, 0, 0, 0, 0, 0, 0], as: "F64")
    },
    Case(
      description: "a missing tensor", message: "tensor 'norm.bias': missing: expected shape [32]"
    ) {
      $0.entries.remove(at: $0.index("norm.bias"))
    },
    Case(description: "a tensor too many", message: "tensor 'extra': has no place in the model") {
      $0.entries.append(.init(name: "extra", shape: [1], bytes: [0, 0, 0, 0]))
    },
    Case(
      description: "a transposed weight",
      message: "tensor 'blocks.1.mlp.fc2.weight': wrong shape: expected [32, 64], found [64, 32]"
    ) { $0["blocks.1.mlp.fc2.weight"].shape = [64, 32] },
    Case(description: "a tensor without elements", message: "tensor 'cls_token'") {
      $0["cls_token"] = .init(name: "cls_token", shape: [1, 0, 32], bytes: [])
    },
    Case(description: "a block left out", message: "tensor 'blocks.") { file in
      for i in file.entries.indices where file.entries[i].name.hasPrefix("blocks.1.") {
        file.entries[i].name = "blocks.2." + file.entries[i].name.dropFirst("blocks.1.".count)
      }
    },
    Case(description: "a block of a huge number", message: "depth: out of range: expected 1 to 256")
    { file in
      let i = file.index("blocks.1.norm1.bias")
      file.entries[i].name = "blocks.9223372036854775807.norm1.bias"
    },
    Case(
      description: "a name that two prefixes make",
      message: "tensor 'norm.bias': stored more than once: as 'module.norm.bias' and 'norm.bias'"
    ) { file in
      var copy = file["norm.bias"]
      copy.name = "module.norm.bias"
      file.entries.insert(copy, at: 0)
    },
    Case(description: "heads that do not divide", message: "num_heads (7)") {
      $0.configure("\"num_heads\":2", "\"num_heads\":7")
    },
    Case(
      description: "normalised queries",
      message: "qk_norm: not supported: expected false, found true"
    ) {
      $0.configure("\"qk_norm\":false", "\"qk_norm\":true")
    },
    Case(
      description: "QuickGELU",
      message: "activation: not supported: expected 'gelu' or 'gelu_tanh', found 'quick_gelu'"
    ) {
      $0.configure("\"activation\":\"gelu\"", "\"activation\":\"quick_gelu\"")
    },
    Case(
      description: "normalised queries by name",
      message: "tensor 'blocks.0.attn.q_norm.weight': normalisation of queries and keys"
    ) {
      $0.metadata = [:]
      $0.entries.append(
        .init(
          name: "blocks.0.attn.q_norm.weight", shape: [16], bytes: Array(repeating: 0, count: 64)))
    },
    Case(
      description: "five means", status: 78, message: "'pretrained_cfg.mean': expected 3 numbers"
    ) {
      $0.configure("\"mean\":[0.5,0.5,0.5]", "\"mean\":[0.5,0.5,0.5,0.5,0.5]")
    },
    Case(description: "a crop of -1", status: 78, message: "'pretrained_cfg.crop_pct': expected") {
      $0.configure("\"crop_pct\":0.9", "\"crop_pct\":-1")
    },
    Case(
      description: "a crop that is no number", status: 78, message: "malformed at byte"
    ) {
      $0.configure("\"crop_pct\":0.9", "\"crop_pct\":NaN")
    },
    Case(
      description: "a number beyond 64 bits", status: 78, message: "number that JSON does not have"
    ) {
      $0.configure("\"crop_pct\":0.9", "\"crop_pct\":1e999")
    },
    Case(description: "a key twice", status: 78, message: "key 'crop_pct' appears twice") {
      $0.configure("\"crop_pct\":0.9", "\"crop_pct\":0.9,\"crop_pct\":0.8")
    },
    Case(
      description: "another library's configuration", status: 78,
      message: "found one of transformers"
    ) {
      $0.metadata["config"] = "{\"model_type\":\"vit\"}"
    },
    Case(description: "a deep configuration", status: 78, message: "expected at most 32 nested") {
      $0.metadata["config"] = String(repeating: "[", count: 100_000)
    },
    Case(
      description: "a configuration of many values", status: 78,
      message: "expected at most 250000 values"
    ) {
      $0.metadata["config"] = "{\"a\":[" + String(repeating: "{},", count: 1_000_000) + "0]}"
    },
  ]

  @Test(arguments: defects)
  func refuses(_ defect: Case) throws {
    var file = try StateDictFile(golden: "class-token")
    defect.damage(&file)
    let folder = try TemporaryFolder()
    try folder.write(file.encoded(), as: "a.safetensors")
    try expectRefusal(
      of: folder.url.appendingPathComponent("a.safetensors").path, status: defect.status,
      message: defect.message)
  }

  @Test func refusesAHostileConfigurationBeside() throws {
    let folder = try TemporaryFolder()
    try folder.write(StateDictFile(golden: "class-token").encoded(), as: "a.safetensors")
    let text = "{\"a\":[" + String(repeating: "1,", count: 3_900_000) + "1]}"
    try folder.write(Data(text.utf8), as: "big.json")
    try expectRefusal(
      of: folder.url.appendingPathComponent("a.safetensors").path,
      configuration: folder.url.appendingPathComponent("big.json").path, status: 78,
      message: "values in the text")
  }

  @Test func namesAMalformedConfigurationBeside() throws {
    let folder = try TemporaryFolder()
    try folder.write(StateDictFile(golden: "class-token").encoded(), as: "a.safetensors")
    try folder.write(Data("{]".utf8), as: "bad.json")
    try expectRefusal(
      of: folder.url.appendingPathComponent("a.safetensors").path,
      configuration: folder.url.appendingPathComponent("bad.json").path, status: 78,
      message: "configuration: malformed at byte")
  }

  /// The model has 7 classes.
  @Test(arguments: ["\n", "\r\n"])
  func readsLabelsThatEndAsOnAnySystem(_ end: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(StateDictFile(golden: "class-token").encoded(), as: "a.safetensors")
    for count in [7, 6] {
      let labels = (0..<count).map { "kind \($0)" }.joined(separator: end) + end
      try folder.write(Data(labels.utf8), as: "names.txt")
      let run = try CommandRun(
        ["convert", "a.safetensors", "--labels", "names.txt"], in: folder.url)
      #expect(run.status == (count == 7 ? 0 : 65), "\(run.errors)")
      let message = "vitq: names.txt: labels: expected 7, one for each class, found 6\n"
      #expect(count == 7 || run.errors == message)
    }
  }

  /// Weights of other floating-point formats are converted, and that is said.
  @Test(arguments: ["F16", "BF16", "F64"])
  func convertsAndSaysSo(_ type: String) throws {
    var file = try StateDictFile(golden: "class-token")
    for i in file.entries.indices {
      let elements = file.entries[i].floats
      switch type {
      case "F64": file.entries[i].store(elements.map { Double($0) }, as: type)
      case "BF16":
        file.entries[i].store(elements.map { UInt16($0.bitPattern >> 16) }, as: type)
      default:
        // The bits of 1.5: what matters here is the type.
        file.entries[i].store(elements.map { _ in 0x3E00 as UInt16 }, as: type)
      }
    }
    let folder = try TemporaryFolder()
    try folder.write(file.encoded(), as: "a.safetensors")
    let run = try CommandRun(["convert", "a.safetensors"], in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("\(file.entries.count) tensors of \(type) converted to F32"))
    #expect(try folder.names == ["a.safetensors", "a.vitq"])
  }

  /// The order in the file does not matter.
  @Test func readsTensorsInAnyOrder() throws {
    var file = try StateDictFile(golden: "class-token")
    file.entries.reverse()
    let folder = try TemporaryFolder()
    try folder.write(file.encoded(), as: "a.safetensors")
    let run = try CommandRun(["convert", "a.safetensors"], in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(!run.errors.contains("converted to"), "\(run.errors)")
  }
}
