import VitqFaults
import VitqCommandLine

/// What the workbench does; `vitq` does the rest itself.
enum WorkbenchCommands: CommandBodies {
  static func convert(_ options: ConvertOptions) throws { try ConvertBody.run(options) }
  static func quantize(_ options: QuantizeOptions) throws { try QuantizeBody.run(options) }
  static func synthesize(_ options: SynthesizeOptions) throws { try SynthesizeBody.run(options) }
  static func recipes(_ options: RecipesOptions) throws { try RecipesBody.run(options) }
  static func compare(_ options: CompareOptions) throws { try CompareBody.run(options) }
  static func sensitivity(_ options: SensitivityOptions) throws {
    try SensitivityBody.run(options)
  }
  static func infer(_ options: InferOptions) throws { try InferBody.run(options) }
  static func eval(_ options: EvalOptions) throws { try EvalBody.run(options) }
  static func bench(_ options: BenchOptions) throws { try BenchBody.run(options) }
  static func models(_ options: ModelsOptions) throws { try ModelsBody.run(options) }
  static func doctor() throws { try DoctorBody.run() }
  static func inspect(_ options: InspectOptions) throws { try InspectBody.run(options) }
  static func verify(_ options: VerifyOptions) throws { throw Self.belongsToVitq("verify") }

  private static func belongsToVitq(_ command: String) -> CommandFailure {
    CommandFailure(.usage, "\(command): expected to be run as 'vitq \(command)'")
  }
}
