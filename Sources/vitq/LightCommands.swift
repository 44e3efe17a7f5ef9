import VitqCommandLine
import VitqFormat
import VitqImage
import VitqReporting
import VitqRuntime

/// What `vitq` does itself, and what it leaves to the workbench.
enum LightCommands: CommandBodies {
  static func convert(_ options: ConvertOptions) throws { try Workbench.takeOver() }
  static func quantize(_ options: QuantizeOptions) throws { try Workbench.takeOver() }
  static func synthesize(_ options: SynthesizeOptions) throws { try Workbench.takeOver() }
  static func recipes(_ options: RecipesOptions) throws { try Workbench.takeOver() }
  static func compare(_ options: CompareOptions) throws { try Workbench.takeOver() }
  static func sensitivity(_ options: SensitivityOptions) throws { try Workbench.takeOver() }
  static func eval(_ options: EvalOptions) throws { try Workbench.takeOver() }
  static func bench(_ options: BenchOptions) throws { try Workbench.takeOver() }
  static func models(_ options: ModelsOptions) throws { try Workbench.takeOver() }
  static func doctor() throws { try Workbench.takeOver() }

  static func inspect(_ options: InspectOptions) throws {
    let needsGraph = try Inspection.run(options)
    if needsGraph { try Workbench.takeOver() }
  }

  static func infer(_ options: InferOptions) throws {
    let choice = try ModelPicker.runnable(given: options.model)
    let file = try ModelFiles.open(choice.path)
    guard file.header.kind == .program else { try Workbench.takeOver() }
    if options.model == nil, !options.quiet {
      StandardError.line("using \(choice.path) (\(choice.reason))")
    }
    let model: Model
    var session: Session
    do throws(RuntimeError) {
      model = try Model(file)
      session = try Session(model, threads: options.threadCount)
    } catch {
      throw CommandFailure(choice.path, error)
    }
    try InferCommand.run(options, model: choice.path, labels: model.labels) { pixels in
      do throws(RuntimeError) {
        let blocks = options.tokens.map { [$0] } ?? []
        let (logits, tokens) = try session.outputs(of: pixels, after: blocks)
        return InferCommand.Outputs(
          logits: logits, features: session.features, tokens: tokens.first?.tokens)
      } catch {
        throw CommandFailure(choice.path, error)
      }
    }
  }

  static func verify(_ options: VerifyOptions) throws {
    let file = try ModelFiles.open(options.file)
    do throws(ModelFileError) {
      try file.verify()
      if file.header.kind == .program { _ = try file.program() }
    } catch {
      throw CommandFailure(options.file, error)
    }
    if options.json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.verify/1")), ("model", .string(options.file)),
          ("tensors", .integer(file.container.tensors.count)),
          ("bytes", .integer(file.container.bytes.count)), ("intact", .bool(true)),
        ]).text)
      return
    }
    Output.line("\(options.file): all \(file.container.tensors.count) tensors are as written")
  }
}
