import Foundation
import Testing

/// Several images at once, threads that wait, and files that change while a model runs.
struct StreamTests {
  private static let fixture = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  /// A folder with the packed model of the fixture, `packed.vitq`.
  private func folder(_ options: [String] = []) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for command in [
      ["convert", Self.fixture.appendingPathComponent("tiny-vit.h5").path],
      ["quantize", "--data-free", "--method", "noise", "--images", "2", "-o", "packed.vitq"]
        + options,
    ] {
      let run = try CommandRun(command, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    return folder
  }

  @Test func logitsDoNotDependOnStreams() throws {
    let folder = try folder()
    var logits: [Data] = []
    for (threads, streams) in [("1", "1"), ("4", "1"), ("4", "2"), ("2", "3")] {
      let name = "logits-\(threads)-\(streams).npy"
      let run = try CommandRun(
        [
          "eval", Self.fixture.path, "-m", "packed.vitq", "-t", threads, "--streams", streams,
          "--logits", name, "-q",
        ], in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
      logits.append(try Data(contentsOf: folder.url.appendingPathComponent(name)))
    }
    #expect(logits[0].count > 1000)
    #expect(logits.allSatisfy { $0 == logits[0] })
  }

  @Test(arguments: [([], "1 of "), (["--full-last-block"], "")])
  func benchReportsLatencyThroughputAndLastBlock(_ options: [String], _ computed: String) throws {
    let folder = try folder(options)
    let bench = try CommandRun(
      [
        "bench", "-m", "packed.vitq", "--runs", "3", "--warm-up", "0", "--streams", "3",
        "--threads", "1,2", "--json", "-q",
      ], in: folder.url)
    #expect(bench.status == 0, "\(bench.errors)")
    let document = try JSONSerialization.jsonObject(with: Data(bench.output.utf8))
    let rows = try #require((document as? [String: Any])?["models"] as? [[String: Any]])
    #expect(rows.map { $0["threads"] as? Int } == [1, 2])
    for row in rows {
      #expect(row["streams"] as? Int == 3)
      #expect(row["min_seconds"] as? Double ?? 0 > 0)
      #expect(row["images_per_second"] as? Double ?? 0 > 0)
      let rows = try #require(row["last_block_rows"] as? String)
      let parts = rows.components(separatedBy: " of ")
      #expect(rows.hasPrefix(computed) && parts.count == 2)
      #expect((parts[0] == parts[1]) == options.contains("--full-last-block"))
    }
  }

  @Test(arguments: [
    ("VITQ_SPIN_US", "ten", 78), ("VITQ_SPIN_US", "-1", 78), ("VITQ_SPIN_US", "1000001", 78),
    ("VITQ_ISA", "AVX2", 69), ("VITQ_ISA", "a\nb", 69),
  ])
  func aVariableThatIsNotValidIsRefused(
    _ variable: String, _ value: String, _ status: Int
  ) throws {
    let folder = try folder()
    let image = Self.fixture.appendingPathComponent("images").path
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: image).first)
    let run = try CommandRun(
      ["infer", "-m", "packed.vitq", "\(image)/\(name)"], in: folder.url,
      environment: [variable: value])
    #expect(run.status == Int32(status))
    let shown = value.replacingOccurrences(of: "\n", with: "\\u{a}")
    #expect(run.errors.contains(variable) && run.errors.contains("found '\(shown)'"))
  }

  @Test(arguments: [["--streams", "0"], ["--streams", "257"]])
  func aNumberOfStreamsThatIsNoneIsRefused(_ options: [String]) throws {
    let folder = try TemporaryFolder()
    for command in [["bench"], ["eval", "x"]] {
      let run = try CommandRun(command + options, in: folder.url)
      #expect(run.status == 64)
      #expect(run.errors.contains("--streams"))
    }
  }

  /// Between two runs, and in the middle of many.
  @Test(arguments: [false, true])
  func aModelThatIsCutShortWhileInUseEndsTheCommand(_ isRunning: Bool) throws {
    let folder = try folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandRun.program)
    process.arguments = ["bench", "--rounds", "-m", "packed.vitq"]
    process.currentDirectoryURL = folder.url
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // It answers when the model is loaded.
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    let request = Data("{\"runs\": 100000}\n".utf8)
    if isRunning {
      input.fileHandleForWriting.write(request)
      usleep(100_000)
    }
    let model = try FileHandle(
      forWritingTo: folder.url.appendingPathComponent("packed.vitq"))
    try model.truncate(atOffset: 0)
    if !isRunning { input.fileHandleForWriting.write(request) }
    process.waitUntilExit()
    let message = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationReason == .exit && process.terminationStatus == 74)
    #expect(message.contains("cut short"), "\(message)")
  }
}
