import Foundation
import Testing

/// What `vitq eval` refuses.
struct EvalTests {
  private static let images = CommandRun.package.appendingPathComponent("fixtures/tiny-vit/images")

  /// No number is larger than one that is none, so that such a logit would count as the answer.
  @Test(arguments: [["-m", "bad.vitq"], ["-m", "good.vitq", "--against", "bad.vitq"]])
  func logitsThatAreNotFiniteAreNoAnswer(_ models: [String]) throws {
    let folder = try TemporaryFolder()
    var file = try StateDictFile(golden: "class-token")
    try folder.write(file.encoded(), as: "good.safetensors")
    let count = file["head.weight"].floats.count
    file["head.weight"].store([Float](repeating: 3e38, count: count), as: "F32")
    try folder.write(file.encoded(), as: "bad.safetensors")
    for name in ["good", "bad"] {
      let run = try CommandRun(["convert", "\(name).safetensors", "-q"], in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    let image = Self.images.appendingPathComponent("000_plain_circle.png")
    try folder.write(Data("file,class_index\n\(image.path),0\n".utf8), as: "labels.csv")
    let run = try CommandRun(["eval", "labels.csv", "-q"] + models, in: folder.url)
    #expect(run.status == 70 && run.output.isEmpty)
    #expect(run.errors == "vitq: bad.vitq: a logit of \(image.path) is not finite\n")
  }

  /// Before any image is looked at: the list of them does not exist.
  @Test func blocksAreThoseOfAFullPrecisionModel() throws {
    let folder = try TemporaryFolder.withModel()
    let quantize = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--data-free", "--method", "noise", "-q", "-o", "q.vitq"],
      in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")
    let run = try CommandRun(
      ["eval", "absent", "-m", "q.vitq", "-q", "--blocks", "."], in: folder.url)
    #expect(run.status == 65 && run.output.isEmpty)
    #expect(
      run.errors
        == "vitq: q.vitq: --blocks: expected a full-precision model, found a quantized one\n")
  }
}
