import Foundation
import Testing

/// Streams of the process that are closed, full or not read.
struct StandardStreamTests {
  private static let fixture = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")
  private static let image = fixture.appendingPathComponent("images/000_plain_circle.png").path

  /// What a shell saw of a command.
  private struct ShellRun {
    let status: Int32
    let wasKilled: Bool
    /// The text of a file `errors`, if the command line makes one.
    let errors: String

    /// Runs a command line, in which `VITQ` stands for the built program.
    init(_ line: String, in folder: TemporaryFolder) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", line.replacingOccurrences(of: "VITQ", with: "'\(CommandRun.program)'"),
      ]
      process.currentDirectoryURL = folder.url
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      status = process.terminationStatus
      wasKilled = process.terminationReason == .uncaughtSignal
      let file = folder.url.appendingPathComponent("errors")
      errors = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }
  }

  static let fullDevice = "/dev/full"
  static let hasFullDevice = FileManager.default.fileExists(atPath: fullDevice)

  /// Swift shows such an argument with other characters, which are the name of another file.
  @Test func anArgumentThatIsNotTextIsRefused() throws {
    let folder = try TemporaryFolder.withModel()
    let run = try ShellRun(
      #"VITQ convert tiny-vit.vitq -o "$(printf 'c\377.vitq')" 2>errors"#, in: folder)
    #expect(run.status == 64)
    #expect(
      run.errors == "vitq: argument 4: expected UTF-8 text, found 'c\u{FFFD}.vitq'\n")
    #expect(try folder.names == ["errors", "tiny-vit.vitq"])
  }

  /// A status is what is left where nobody can be told why.
  @Test(arguments: ["2>&-", "2>\(hasFullDevice ? fullDevice : "/dev/null")", "<&- >&- 2>&-"])
  func aCommandFailsAsUsualWithoutItsErrorStream(_ redirection: String) throws {
    let folder = try TemporaryFolder()
    for (command, status) in [("infer absent.png", 66), ("models --absent", 64)] {
      let run = try ShellRun("exec VITQ \(command) \(redirection)", in: folder)
      #expect(!run.wasKilled && run.status == Int32(status), "\(command)")
    }
  }

  /// A model that had the number of a stream would be written to.
  @Test func noFileTakesTheNumberOfAClosedStream() throws {
    let folder = try TemporaryFolder.withModel()
    let model = folder.url.appendingPathComponent("tiny-vit.vitq")
    let bytes = try Data(contentsOf: model)
    let run = try ShellRun(
      "exec VITQ infer -m tiny-vit.vitq absent.png <&- >&- 2>&-", in: folder)
    #expect(!run.wasKilled && run.status == 66)
    #expect(try Data(contentsOf: model) == bytes)
  }

  /// Of both programs, of each way to answer.
  static let answers = [
    "--help", "--version", "help infer", "infer --help", "recipes", "models --json",
    "inspect tiny-vit.vitq", "inspect tiny-vit.vitq --graph --json", "verify tiny-vit.vitq",
    "infer -m tiny-vit.vitq '\(image)'", "infer -m tiny-vit.vitq --json '\(image)'",
    "eval '\(fixture.path)' -m tiny-vit.vitq --limit 1 --json -q",
  ]

  @Test(arguments: [">&-"] + (hasFullDevice ? [">\(fullDevice)"] : []))
  func anAnswerThatCannotBeWrittenIsAFailure(_ redirection: String) throws {
    let folder = try TemporaryFolder.withModel()
    for command in Self.answers {
      let run = try ShellRun("exec VITQ \(command) \(redirection) 2>errors", in: folder)
      #expect(!run.wasKilled && run.status == 74, "\(command): \(run.errors)")
      #expect(run.errors.hasPrefix("vitq: standard output: "), "\(command): \(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(command): \(run.errors)")
    }
  }

  /// With the signal ignored, the write fails; else the signal ends the process.
  @Test func aReaderThatLeavesIsNoTrouble() throws {
    let folder = try TemporaryFolder.withModel()
    for command in Self.answers {
      let line = "(trap '' PIPE; sleep 0.1; exec VITQ \(command) 2>errors) | :"
      let run = try ShellRun(line, in: folder)
      #expect(run.errors.isEmpty, "\(command): \(run.errors)")
    }
  }

  /// On a terminal the message is not glued to the bar that was being drawn.
  @Test func anErrorStartsOnALineBelowTheProgress() throws {
    let folder = try TemporaryFolder.withModel()
    let list = "file,class_index\n" + String(repeating: "\(Self.image),0\n", count: 3)
    try folder.write(Data((list + "absent.png,0\n").utf8), as: "labels.csv")
    // `script` (bsdutils) makes the terminal and passes on what is written to it.
    let run = try ShellRun(
      "TERM=xterm script -qec \"VITQ eval labels.csv -m tiny-vit.vitq -t 1 --streams 1 >out\" "
        + "/dev/null </dev/null >errors", in: folder)
    #expect(run.errors.contains("eval 25%") && run.errors.contains("\r\nvitq: "), "\(run.errors)")
  }
}
