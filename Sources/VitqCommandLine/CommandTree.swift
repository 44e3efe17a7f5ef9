import VitqFaults
package import ArgumentParser
import Foundation
import VitqFormat

/// What a program does for each command.
///
/// Two programs share one command line: `vitq` holds what an answer needs and starts fast,
/// `vitq-workbench` links the importers and the linear algebra, and is started by the first.
package protocol CommandBodies {
  static func convert(_ options: ConvertOptions) throws
  static func quantize(_ options: QuantizeOptions) throws
  static func synthesize(_ options: SynthesizeOptions) throws
  static func recipes(_ options: RecipesOptions) throws
  static func infer(_ options: InferOptions) throws
  static func eval(_ options: EvalOptions) throws
  static func compare(_ options: CompareOptions) throws
  static func sensitivity(_ options: SensitivityOptions) throws
  static func bench(_ options: BenchOptions) throws
  static func inspect(_ options: InspectOptions) throws
  static func verify(_ options: VerifyOptions) throws
  static func models(_ options: ModelsOptions) throws
  static func doctor() throws
}

/// The `vitq` command.
package struct CommandTree<Bodies: CommandBodies>: ParsableCommand {
  package static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "vitq",
      abstract: "Four-bit vision transformers without data, fast on a CPU.",
      discussion: """
        vitq convert deit_s.h5          writes deit_s.vitq
        vitq quantize --data-free       writes deit_s.w4a4.vitq
        vitq infer image.png            names what the image shows

        Results go to stdout, everything else to stderr. vitq opens no network connection.

        Environment: VITQ_MODEL the model of infer and eval; VITQ_ISA the instruction set of \
        quantized models (doctor lists them); VITQ_SPIN_US how long a thread that waits for others \
        spins before it sleeps, 0 to 1000000 microseconds (default: 100).

        Exit codes: \(exitCodes)
        """,
      version: ToolVersion.text,
      subcommands: [
        Convert<Bodies>.self, Quantize<Bodies>.self, Infer<Bodies>.self, Eval<Bodies>.self,
        Compare<Bodies>.self, Sensitivity<Bodies>.self, Bench<Bodies>.self, Recipes<Bodies>.self,
        Synthesize<Bodies>.self, Inspect<Bodies>.self, Verify<Bodies>.self, Models<Bodies>.self,
        Doctor<Bodies>.self,
      ])
  }

  package init() {}

  private static var exitCodes: String {
    let codes = ExitStatus.allCases.map { "\($0.rawValue) \($0.meaning)" }
    return (["0 success"] + codes).joined(separator: "; ") + "."
  }

  /// Parses the command line, runs the command and exits with its documented status, which is a
  /// failure if the answer could not be written.
  package static func launch() -> Never {
    StandardDescriptors.openClosed()
    // A write beyond the file size limit then fails with an error that a command can report.
    signal(SIGXFSZ, SIG_IGN)
    LostPages.endProcess()
    do {
      try checkArguments()
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      end(with: failure)
    } catch {
      let text = fullMessage(for: error, columns: nil)
      let status = exitCode(for: error)
      guard status.isSuccess else {
        if !text.isEmpty { StandardError.line(text) }
        exit(withError: status)
      }
      if !text.isEmpty { Output.line(text) }
    }
    if let failure = Output.failure { end(with: failure) }
    exit(withError: nil)
  }

  /// Refuses arguments that are not UTF-8: Swift would put other characters in their place, and a
  /// file of another name would be read or written.
  private static func checkArguments() throws(CommandFailure) {
    for (place, argument) in CommandLine.arguments.enumerated() {
      guard let bytes = CommandLine.unsafeArgv[place], String(validatingCString: bytes) == nil
      else { continue }
      throw CommandFailure(.usage, "argument \(place): expected UTF-8 text, found '\(argument)'")
    }
  }

  private static func end(with failure: CommandFailure) -> Never {
    StandardError.line(failure.line)
    exit(withError: ExitCode(failure.status.rawValue))
  }
}
