import Foundation
import Testing

/// Runs under `ulimit -v`: refused where threads would wait for memory without end.
struct AddressSpaceTests {
  /// A run under a limit of so many kilobytes.
  private func run(
    _ arguments: [String], in folder: TemporaryFolder, kilobytes: Int
  ) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let line = ([CommandRun.program] + arguments).map { "'\($0)'" }.joined(separator: " ")
    // One that waits without end is killed.
    process.arguments = [
      "-c", "ulimit -v \(kilobytes); exec timeout -s KILL 60 \(line) > said 2> errors",
    ]
    process.currentDirectoryURL = folder.url
    try process.run()
    process.waitUntilExit()
    let errors = try String(
      contentsOf: folder.url.appendingPathComponent("errors"), encoding: .utf8)
    return (process.terminationStatus, errors)
  }

  private static let images = CommandRun.package.appendingPathComponent("fixtures/tiny-vit").path

  @Test(arguments: [
    ["quantize", "--data-free", "--images", "4", "--steps", "2", "--learner", "repq"],
    ["quantize", "--data-free", "--dry-run"], ["synthesize", "--steps", "2"],
    ["eval", images, "-m", "tiny-vit.vitq"],
    ["compare", "tiny-vit.vitq", "tiny-vit.vitq", "--images", images],
  ])
  func tooLittleIsRefused(_ command: [String]) throws {
    let folder = try TemporaryFolder.withModel()
    let before = try Set(folder.names)
    for kilobytes in [300_000, 420_000] {
      let run = try run(command + ["-t", "2"], in: folder, kilobytes: kilobytes)
      #expect(run.status == 77, "\(kilobytes): \(run.errors)")
      #expect(run.errors.contains("vitq: ulimit -v: expected more than "), "\(run.errors)")
      #expect(
        run.errors.contains(" of address space for 2 threads, found a limit of "), "\(run.errors)")
    }
    #expect(try Set(folder.names).subtracting(before).isSubset(of: ["said", "errors"]))
  }

  @Test func enoughIsEnough() throws {
    let folder = try TemporaryFolder.withModel()
    let run = try run(
      ["quantize", "--data-free", "--images", "4", "--steps", "2", "-t", "1", "-q"], in: folder,
      kilobytes: 1_500_000)
    #expect(run.status == 0, "\(run.errors)")
  }
}
