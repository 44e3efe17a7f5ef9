import Foundation
import Testing
import VitqImage
import VitqKit
import VitqRuntime

/// The two library products from the outside: convert, quantize, run.
struct LibraryTests {
  /// The folder with `full.vitq`, converted from the hub folder of the fixtures.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit").path
    try Tool.convert(checkpoint, to: folder.url.appendingPathComponent("full.vitq").path)
    return folder
  }

  @Test func convertsQuantizesAndClassifies() throws {
    let folder = try folder()
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    try Tool.quantizeDataFree(
      path("full.vitq"), to: path("packed.vitq"), recipe: .named("fast"), activationBits: 8,
      imageCount: 2, stepCount: 4, workFolder: path("images"), threads: 2)
    let model = try Model(path("packed.vitq"))
    #expect(model.classCount == 20)
    #expect(model.labels.first == "plain circle")
    let bytes = [UInt8](repeating: 90, count: 64 * 50 * 3)
    let image = try PixelBuffer(rgb: bytes.span, width: 64, height: 50)
    var session = try Session(model)
    let predictions = try session.classify(image, top: 3)
    #expect(predictions.count == 3)
  }

  /// Without a recipe, by the name of one and by its text: the bytes are those of the command.
  @Test func givesTheBytesOfTheCommand() throws {
    let folder = try folder()
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }
    let command = try CommandRun(
      [
        "quantize", "full.vitq", "--data-free", "-a", "8", "--images", "2", "--steps", "4", "-o",
        "command.vitq",
      ], in: folder.url)
    #expect(command.status == 0, "\(command.errors)")
    let inspect = try CommandRun(["inspect", "command.vitq", "--recipe"], in: folder.url)
    #expect(inspect.output.contains("method: psaq\n"), "\(inspect.output)")
    #expect(inspect.output.contains("learner: best\n"), "\(inspect.output)")

    try Tool.quantizeDataFree(
      path("full.vitq"), to: path("tool.vitq"), activationBits: 8, imageCount: 2, stepCount: 4,
      workFolder: path("images"), threads: 2)
    #expect(try bytes("tool.vitq") == bytes("command.vitq"))
    try Tool.quantizeDataFree(
      path("full.vitq"), to: path("again.vitq"), recipe: .yaml(inspect.output),
      workFolder: path("images"), threads: 1)
    #expect(try bytes("again.vitq") == bytes("command.vitq"))
  }

  @Test func refusesWhatItCannotDo() throws {
    let folder = try TemporaryFolder()
    let output = folder.url.appendingPathComponent("x.vitq").path
    #expect(throws: KitError.self) { try Tool.convert("absent.h5", to: output) }
    #expect(throws: KitError.self) {
      try Tool.quantizeDataFree(
        "absent.vitq", to: output, workFolder: folder.url.path + "/w", threads: 0)
    }
    #expect(try folder.names.isEmpty)
  }
}
