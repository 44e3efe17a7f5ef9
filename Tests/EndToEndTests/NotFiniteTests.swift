import Foundation
import Testing

/// Weights that are finite and so large that what they make is not: the model, the node and the
/// image are named.
struct NotFiniteTests {
  private static let images =
    CommandRun.package.appendingPathComponent("fixtures/tiny-vit/images").path

  /// A folder with a model, `a.vitq`, one of whose weights in the first block's `mlp.fc1` is this.
  private func folder(_ weight: Float) throws -> TemporaryFolder {
    var file = try StateDictFile(golden: "class-token")
    let name = "blocks.0.mlp.fc1.weight"
    var weights = file[name].floats
    weights[0] = weight
    file[name].store(weights, as: "F32")
    let folder = try TemporaryFolder()
    try folder.write(file.encoded(), as: "a.safetensors")
    let convert = try CommandRun(["convert", "a.safetensors", "-q"], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    return folder
  }

  private func expectFailure(_ command: [String], weight: Float, _ message: String) throws {
    let folder = try folder(weight)
    let run = try CommandRun(command + ["-q"], in: folder.url)
    #expect(run.status == 70, "\(run.errors)")
    #expect(run.errors.hasPrefix("vitq: a.vitq: " + message), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(try !folder.names.contains("q.vitq"))
  }

  @Test(arguments: [
    ["quantize", "--data-free", "-o", "q.vitq", "--method", "psaq"],
    ["quantize", "--data-free", "-o", "q.vitq", "--method", "sardfq"],
    ["synthesize", "-o", "part", "--method", "smi"],
  ])
  func synthesisNamesNodeStepAndImage(_ command: [String]) throws {
    try expectFailure(
      command + ["--images", "1", "--steps", "3"], weight: 3e38,
      "image 0, step 1: the term 'labels' of the loss is not finite, first the node "
        + "'blocks.0.mlp.fc1'\n")
  }

  @Test(arguments: ["repq", "sardfq"])
  func calibrationNamesNodeAndImage(_ learner: String) throws {
    try expectFailure(
      [
        "quantize", "--data-free", "-o", "q.vitq", "--method", "noise", "--images", "1",
        "--learner", learner,
      ], weight: 3e38,
      "node 'blocks.0.mlp.fc1': infinite or not a number on calibration image 0\n")
  }

  /// Weights that are fitted to values too large for their products are what is named, unless the
  /// values are infinite before: which comes first is a matter of how OpenBLAS sums on this CPU.
  @Test func fittedWeightsAreNamed() throws {
    try expectFailure(
      [
        "quantize", "--data-free", "-o", "q.vitq", "--method", "noise", "--images", "1",
        "--learner", "gptq",
      ], weight: 3e38, "node 'blocks.0.mlp.fc")
  }

  @Test(arguments: [
    (
      ["quantize", "-o", "q.vitq", "--images", "16", "--learner", "repq", "--calib"],
      "2, 047_checkered_square.png"
    ),
    (["sensitivity", "--limit", "1", "--images"], "0, \(images)/000_plain_circle.png"),
  ])
  func imagesOfAFolderAreNamedByTheirFiles(_ command: [String], _ image: String) throws {
    try expectFailure(
      command + [Self.images], weight: 3e38,
      "node 'blocks.0.mlp.fc1': infinite or not a number on calibration image \(image)\n")
  }

  @Test func aLearnerThatDivergesIsNotTheFaultOfAFile() throws {
    try expectFailure(
      [
        "quantize", "--data-free", "-o", "q.vitq", "--method", "noise", "--images", "2",
        "--learner", "sardfq", "--set", "quantization.iterations=5",
      ], weight: 1e25, "node 'blocks.0.add2': loss infinite or not a number in iteration ")
  }
}
