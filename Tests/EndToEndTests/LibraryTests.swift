import Foundation
import Testing
import VitqKit
import VitqRuntime

/// The two library products from the outside: convert, quantize, run.
struct LibraryTests {
  @Test func convertsQuantizesAndRuns() throws {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit").path
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    try Tool.convert(checkpoint, to: path("full.vitq"))
    try Tool.quantizeDataFree(
      path("full.vitq"), to: path("packed.vitq"), activationBits: 8, imageCount: 2, stepCount: 4,
      workFolder: path("images"), threads: 2)
    let model = try Model(path("packed.vitq"))
    #expect(model.classCount == 20)
    #expect(model.labels.first == "plain circle")
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
