import VitqCommandLine

/// What `vitq` does itself, and what it leaves to the workbench.
enum LightCommands: CommandBodies {
  static func convert(_ options: ConvertOptions) throws { try Workbench.takeOver() }
  static func quantize(_ options: QuantizeOptions) throws { try Workbench.takeOver() }
  static func eval(_ options: EvalOptions) throws { try Workbench.takeOver() }
  static func bench(_ options: BenchOptions) throws { try Workbench.takeOver() }
  static func doctor() throws { try Workbench.takeOver() }
  static func infer(_ options: InferOptions) throws { try Workbench.takeOver() }
  static func inspect(_ options: InspectOptions) throws { try Workbench.takeOver() }
  static func verify(_ options: VerifyOptions) throws { try Workbench.takeOver() }
}
