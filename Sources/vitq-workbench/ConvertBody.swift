import VitqCommandLine
import VitqImage
import VitqKit
import VitqReporting

enum ConvertBody {
  static func run(_ options: ConvertOptions) throws {
    let terminal = Terminal(isQuiet: options.quiet)
    let output = options.output ?? OutputPath.stem(of: options.input) + ".vitq"
    try OutputPath.checkReplaceable(output, force: options.force)
    let conversion = Conversion(
      input: options.input, architecture: options.arch, configurationPath: options.config,
      labelsPath: options.labels)
    let (model, notes) = try CommandFailure.mapping { () throws(KitError) in
      let result = try conversion.model()
      try result.model.write(to: output, overwriting: true)
      return result
    }
    for note in notes { terminal.note(note) }
    if options.json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.convert/1")), ("model", .string(output)),
          ("architecture", .string(model.architecture)),
          ("height", .integer(model.preprocessing.inputHeight)),
          ("width", .integer(model.preprocessing.inputWidth)),
          ("classes", .integer(model.classCount)),
          ("notes", .array(notes.map(JSONText.string))),
        ]).text)
      return
    }
    let side = "\(model.preprocessing.inputHeight)×\(model.preprocessing.inputWidth)"
    Output.line(
      "\(output): \(model.architecture), \(side) pixels, \(model.classCount) classes, full precision"
    )
  }
}
