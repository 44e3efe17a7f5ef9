import Foundation
import Testing

/// Runs under `ulimit -v`: refused where threads would wait for memory without end.
struct AddressSpaceTests {
  private static let images = CommandRun.package.appendingPathComponent("fixtures/tiny-vit").path

  @Test(arguments: [
    ["quantize", "--data-free", "--images", "4", "--steps", "2", "--learner", "repq"],
    ["quantize", "--data-free", "--dry-run"], ["synthesize", "--steps", "2"],
    ["eval", images, "-m", "tiny-vit.vitq"],
    ["compare", "tiny-vit.vitq", "tiny-vit.vitq", "--images", images],
  ])
  func tooLittleIsRefused(_ command: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let before = try folder.names
    for kilobytes in [300_000, 420_000] {
      let run = try LimitedRun("-v \(kilobytes)", command + ["-t", "2"], in: folder.url)
      #expect(run.status == 77, "\(kilobytes): \(run.errors)")
      #expect(run.errors.contains("vitq: ulimit -v: expected more than "), "\(run.errors)")
      #expect(
        run.errors.contains(" of address space for 2 threads, found a limit of "), "\(run.errors)")
    }
    #expect(try folder.names == before)
  }

  @Test func enoughIsEnough() throws {
    let folder = try TemporaryFolder.withModel()
    let run = try LimitedRun(
      "-v 1500000", ["quantize", "--data-free", "--images", "4", "--steps", "2", "-t", "1", "-q"],
      in: folder.url)
    #expect(run.status == 0, "\(run.errors)")
  }
}
