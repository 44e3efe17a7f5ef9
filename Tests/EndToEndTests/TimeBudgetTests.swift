import Foundation
import Testing

/// A run that may take a time only stops at its end and goes on when the same command is given again.
struct TimeBudgetTests {
  /// Gives a command with budgets that double until it ends, so that any machine gets to the end.
  ///
  /// - Returns: What each run that stopped said.
  private func run(_ command: [String], in folder: TemporaryFolder) throws -> [String] {
    var said: [String] = []
    for power in 0..<12 {
      let budget = "\(0.2 * Double(1 << power))s"
      let run = try CommandRun(command + ["--time-budget", budget], in: folder.url)
      guard run.status == 75 else {
        #expect(run.status == 0, "\(run.errors)")
        return said
      }
      let prefix = "vitq: stopped after --time-budget \(budget); "
      #expect(run.errors.hasPrefix(prefix))
      said.append(String(run.errors.dropFirst(prefix.count)))
    }
    Issue.record("no end after \(said.count) budgets")
    return said
  }

  /// The budgets end wherever the run is, among its images or while it learns.
  @Test func aRunInPiecesEndsInTheSameBytes() throws {
    let folder = try TemporaryFolder.withModel()
    let command = [
      "quantize", "--data-free", "-q", "--images", "2", "--steps", "60", "--learner", "sardfq",
      "--set", "quantization.iterations=60",
    ]
    let whole = try CommandRun(
      command + ["-o", "whole.vitq", "--work-dir", "whole"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    let said = try run(command + ["-o", "cut.vitq", "--work-dir", "cut"], in: folder)
    #expect(said.contains { $0.hasPrefix("the same command goes on from cut") }, "\(said)")
    #expect(try folder.bytes("cut.vitq") == folder.bytes("whole.vitq"))
    #expect(!(try folder.names.contains("cut.vitq.learner")))
  }

  @Test func imagesAreMadeInPieces() throws {
    let folder = try TemporaryFolder.withModel()
    let command = ["synthesize", "-q", "--images", "2", "--steps", "600", "--method", "sardfq"]
    let whole = try CommandRun(command + ["-o", "whole"], in: folder.url)
    #expect(whole.status == 0, "\(whole.errors)")
    let said = try run(command + ["-o", "cut"], in: folder)
    #expect(said.contains("the same command goes on from cut\n"), "\(said)")
    for image in ["image-0", "image-1"] {
      #expect(try folder.bytes("cut/\(image)") == folder.bytes("whole/\(image)"))
    }
  }
}
