import Foundation
import Testing

/// One run of the built `vitq` in a folder of its own.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  /// The root of the package.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The built program; `swift test` builds it before the tests start.
  static let program = package.appendingPathComponent(".build/release/vitq").path

  /// Runs `vitq` with arguments and waits for it; `meanwhile` gets the process when it has started.
  init(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:],
    meanwhile: (Process) -> Void = { _ in }
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = ProcessInfo.processInfo.environment
    variables["VITQ_MODEL"] = nil
    process.environment = variables.merging(environment) { $1 }
    let outputURL = folder.appendingPathComponent(".stdout-\(UUID().uuidString)")
    let errorsURL = folder.appendingPathComponent(".stderr-\(UUID().uuidString)")
    for url in [outputURL, errorsURL] {
      try Data().write(to: url)
    }
    process.standardOutput = try FileHandle(forWritingTo: outputURL)
    process.standardError = try FileHandle(forWritingTo: errorsURL)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    meanwhile(process)
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOf: outputURL, encoding: .utf8)
    errors = try String(contentsOf: errorsURL, encoding: .utf8)
    for url in [outputURL, errorsURL] { try FileManager.default.removeItem(at: url) }
  }
}

/// The object that a run printed, which must have succeeded.
func json(_ run: CommandRun) throws -> [String: Any] {
  #expect(run.status == 0, "\(run.errors)")
  return try #require(
    try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
}

/// A folder that is removed with this value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("vitq-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// A folder with the full-precision model of the fixture, `tiny-vit.vitq`.
  static func withModel() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let checkpoint = CommandRun.package.appendingPathComponent("fixtures/tiny-vit/tiny-vit.h5")
    let convert = try CommandRun(["convert", checkpoint.path], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    return folder
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The names of the files in the folder, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: url.appendingPathComponent(name))
  }

  func write(_ bytes: Data, as name: String) throws {
    try bytes.write(to: url.appendingPathComponent(name))
  }
}
