package import ArgumentParser
import Foundation

/// What a program does for each command.
///
/// Two programs share one command line: `vitq` holds what an answer needs and starts fast,
/// `vitq-workbench` links the importers and the linear algebra, and is started by the first.
package protocol CommandBodies {
  static func convert(_ options: ConvertOptions) throws
  static func quantize(_ options: QuantizeOptions) throws
  static func infer(_ options: InferOptions) throws
  static func eval(_ options: EvalOptions) throws
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

        Exit codes: \(exitCodes)
        """,
      version: Version.text,
      subcommands: [
        Convert<Bodies>.self, Quantize<Bodies>.self, Infer<Bodies>.self, Eval<Bodies>.self,
        Bench<Bodies>.self, Inspect<Bodies>.self, Verify<Bodies>.self, Models<Bodies>.self,
        Doctor<Bodies>.self,
      ])
  }

  package init() {}

  private static var exitCodes: String {
    let codes = ExitStatus.allCases.map { "\($0.rawValue) \($0.meaning)" }
    return (["0 success"] + codes).joined(separator: "; ") + "."
  }

  /// Parses the command line, runs the command and exits with its documented status.
  package static func launch() -> Never {
    // A write beyond the file size limit then fails with an error that a command can report.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
      exit(withError: nil)
    } catch let failure as CommandFailure {
      StandardError.write(failure.line + "\n")
      exit(withError: ExitCode(failure.status.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}

/// The version of the tool, written into every model.
package enum Version {
  package static let text = "0.1.0"
}

struct Convert<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "convert",
      abstract: "Make a .vitq model of a checkpoint (HDF5, ONNX, safetensors, timm folder).",
      discussion: """
        Reads a state dict in timm's names with timm's configuration beside or inside it, or the \
        network of an ONNX file that either of PyTorch's exporters wrote, checks every tensor, and writes the model with its preprocessing and labels. \
        fixtures/make/export_timm.py writes such files from Python; formats/hdf5.md specifies them.
        """)
  }
  @OptionGroup var options: ConvertOptions
  func run() throws { try Bodies.convert(options) }
}

struct Quantize<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "quantize",
      abstract: "Make a low-bit model, with no data or with a folder of images.",
      discussion: """
        --data-free synthesises calibration images from the model (SARDFQ: attention priors, \
        multi-semantic reinforcement, soft labels), then calibrates and packs. A run that is \
        interrupted goes on where it stopped when the same command is given again.
        """)
  }
  @OptionGroup var options: QuantizeOptions
  func run() throws { try Bodies.quantize(options) }
}

struct Infer<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "infer", abstract: "Name what images show.",
      discussion: "Preprocessing is stored in the model and equals timm's bit for bit.")
  }
  @OptionGroup var options: InferOptions
  func run() throws { try Bodies.infer(options) }
}

struct Eval<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "eval", abstract: "Measure top-1 and top-5 on labelled images.",
      discussion: "Prints 95 % confidence intervals (Wilson), and agreement with --against.")
  }
  @OptionGroup var options: EvalOptions
  func run() throws { try Bodies.eval(options) }
}

struct Bench<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "bench", abstract: "Measure size, load time, speed and memory.",
      discussion: "All models are timed in one run, one image each in turn.")
  }
  @OptionGroup var options: BenchOptions
  func run() throws { try Bodies.bench(options) }
}

struct Inspect<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "inspect", abstract: "Show what a model file holds.")
  }
  @OptionGroup var options: InspectOptions
  func run() throws { try Bodies.inspect(options) }
}

struct Verify<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "verify", abstract: "Check every digest of a model file.")
  }
  @OptionGroup var options: VerifyOptions
  func run() throws { try Bodies.verify(options) }
}

struct Models<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "models",
      abstract: "List the architectures that convert knows by name.",
      discussion: """
        A state dict with timm's config.json, or from fixtures/make/export_timm.py, needs no name. \
        Other files of these models need --arch with the name or the alias.
        """)
  }
  @OptionGroup var options: ModelsOptions
  func run() throws { try Bodies.models(options) }
}

struct Doctor<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "doctor", abstract: "Say what this machine and build offer.")
  }
  func run() throws { try Bodies.doctor() }
}
