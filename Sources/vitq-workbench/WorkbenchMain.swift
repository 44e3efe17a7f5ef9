import VitqCommandLine

@main
enum WorkbenchMain {
  static func main() { CommandTree<WorkbenchCommands>.launch() }
}

enum WorkbenchCommands: CommandBodies {
  static func convert(_ options: ConvertOptions) throws {}
  static func quantize(_ options: QuantizeOptions) throws {}
  static func eval(_ options: EvalOptions) throws {}
  static func bench(_ options: BenchOptions) throws {}
  static func doctor() throws {}
  static func infer(_ options: InferOptions) throws {}
  static func inspect(_ options: InspectOptions) throws {}
  static func verify(_ options: VerifyOptions) throws {}
}
