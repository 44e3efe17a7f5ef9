import Foundation
import Testing

/// What `inspect` says of how a model was made.
struct InspectTests {
  private static let model = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  struct Case: Sendable {
    var options: [String]
    var weights: String
    var weightBits: Int
    var storedBits: Double
    var calibration: String
    var images: String
    var isDataFree: Bool
  }

  static let cases = [
    Case(
      options: ["--data-free", "--method", "noise", "-w", "3", "-a", "5"],
      weights: "of 3 bits, stored in 4.00 bits each", weightBits: 3, storedBits: 4,
      calibration: "Gaussian noise, data-free", images: "noise", isDataFree: true),
    Case(
      options: ["--data-free", "--method", "psaq", "--steps", "2", "-w", "6"],
      weights: "of 6 bits, stored in 8.00 bits each", weightBits: 6, storedBits: 8,
      calibration: "images synthesised by psaq, data-free", images: "psaq", isDataFree: true),
    Case(
      options: ["--calib", model.appendingPathComponent("images").path],
      weights: "of 4 bits, stored in 4.00 bits each", weightBits: 4, storedBits: 4,
      calibration: "real images of a folder, not data-free", images: "folder", isDataFree: false),
    Case(
      options: [
        "--recipe", "best", "--method", "sardfq", "--steps", "2", "--set",
        "images.attention-priors.kind=real:\(model.appendingPathComponent("images").path)",
      ], weights: "of 4 bits, stored in 4.00 bits each", weightBits: 4, storedBits: 4,
      calibration: "images synthesised by sardfq with the attention to real ones, not data-free",
      images: "sardfq", isDataFree: false),
  ]

  @Test(arguments: cases)
  func saysBitsAndCalibration(_ expected: Case) throws {
    let folder = try TemporaryFolder()
    let convert = try CommandRun(
      ["convert", Self.model.appendingPathComponent("tiny-vit.h5").path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    let quantize = try CommandRun(
      ["quantize", "-q", "--images", "2", "-o", "a.vitq"] + expected.options, in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")

    let text = try CommandRun(["inspect", "a.vitq"], in: folder.url)
    #expect(text.output.contains(expected.weights), "\(text.output)")
    #expect(text.output.contains(expected.calibration), "\(text.output)")

    let run = try CommandRun(["inspect", "a.vitq", "--json"], in: folder.url)
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let report = try #require(object as? [String: Any])
    let weights = try #require(report["weights"] as? [String: Any])
    #expect(try #require(weights["count"] as? Int) > 10_000)
    #expect(weights["bits"] as? Int == expected.weightBits)
    #expect(weights["stored_bits"] as? Double == expected.storedBits)
    let calibration = try #require(report["calibration"] as? [String: Any])
    #expect(calibration["images"] as? String == expected.images)
    #expect(calibration["data_free"] as? Bool == expected.isDataFree)
    let size = try Data(contentsOf: folder.url.appendingPathComponent("a.vitq")).count
    #expect(report["bytes"] as? Int == size)
    for key in ["file", "tensors", "labels", "instructions"] {
      #expect(report[key] is Int, "\(key)")
    }
  }

  @Test(arguments: ["--recipe", "--calibration"])
  func aModelThatWasNotQuantizedWasNotCalibrated(_ option: String) throws {
    let folder = try TemporaryFolder.withModel()
    let run = try CommandRun(["inspect", "tiny-vit.vitq", option], in: folder.url)
    #expect(run.status == 65)
    #expect(
      run.errors
        == "vitq: tiny-vit.vitq: expected a quantized model, found none with a recipe\n")
  }

  @Test func treeAndTensorsOfAPackedModelShowBitsAndQuantizers() throws {
    let folder = try TemporaryFolder()
    let convert = try CommandRun(
      ["convert", Self.model.appendingPathComponent("tiny-vit.h5").path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    let recipe = "quantization:\n  overrides:\n    - {layers: blocks.1.mlp.fc2, weights: 8}\n"
    try Data(recipe.utf8).write(to: folder.url.appendingPathComponent("r.yml"))
    let quantize = try CommandRun(
      [
        "quantize", "-q", "--data-free", "--recipe", "r.yml", "--method", "noise", "--images", "2",
        "-o", "a.vitq",
      ], in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")

    let run = try CommandRun(
      ["inspect", "a.vitq", "--tensors", "--graph", "--json"], in: folder.url)
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let report = try #require(object as? [String: Any])
    let tensors = try #require(report["tensor_list"] as? [[String: Any]])
    func tensor(_ name: String) throws -> [String: Any] {
      try #require(tensors.first { $0["name"] as? String == name }, "\(name)")
    }
    let narrow = try tensor("blocks.0.mlp.fc2.panels")
    #expect(narrow["bits"] as? Int == 4)
    #expect(narrow["shape"] as? [Int] == [128, 512])
    #expect((narrow["quantizer"] as? String)?.hasPrefix("scale") == true)
    #expect(try tensor("blocks.1.mlp.fc2.panels")["bits"] as? Int == 8)
    let scales = try tensor("blocks.0.mlp.fc2.multipliers")
    #expect(scales["bits"] as? Int == 32 && scales["quantizer"] is NSNull)
    let instructions = try #require(report["instruction_list"] as? [String])
    #expect(instructions.count == report["instructions"] as? Int)
    #expect(instructions.contains { $0.contains("'blocks.1.mlp.fc2.panels' 128 × 512, 8 bits") })

    let tree = try CommandRun(["inspect", "a.vitq", "--tree"], in: folder.url).output
    let norm = try #require(tree.split(separator: "\n").first { $0.contains("norm1") })
    #expect(norm.contains("codes ") && norm.contains(" step ") && norm.contains(" zero "))
  }
}
