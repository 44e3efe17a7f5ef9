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
    let (converted, passes) = try CommandFailure.mapping { () throws(KitError) in
      let result = try conversion.converted()
      let passes = options.report ? result.passes + (try result.passesBeforeQuantization()) : []
      try result.model.write(to: output, overwriting: true)
      return (result, passes)
    }
    for note in converted.notes { terminal.note(note) }
    if options.json {
      Output.line(json(converted, passes, output: output, options).text)
      return
    }
    let model = converted.model
    let side = "\(model.preprocessing.inputHeight)×\(model.preprocessing.inputWidth)"
    Output.line(
      "\(output): \(model.architecture), \(side) pixels, \(model.classCount) classes, full precision"
    )
    if options.report { Output.line(table(passes).plainText) }
  }

  private static func table(_ passes: [PassReport]) -> Table {
    var table = Table(["stage", "pass", ">fired", "reason"])
    for pass in passes {
      table.append([pass.stage.rawValue, pass.pass, "\(pass.count)", pass.reason])
    }
    return table
  }

  private static func json(
    _ converted: ConvertedModel, _ passes: [PassReport], output: String, _ options: ConvertOptions
  ) -> JSONText {
    let model = converted.model
    var members: [(String, JSONText)] = [
      ("schema", .string("vitq.convert/1")), ("input", .string(options.input)),
      ("output", .string(output)), ("architecture", .string(model.architecture)),
      (
        "input_size",
        .array(
          [3, model.preprocessing.inputHeight, model.preprocessing.inputWidth].map(
            JSONText.integer))
      ),
      ("classes", .integer(model.classCount)),
      ("notes", .array(converted.notes.map(JSONText.string))),
    ]
    if options.report {
      members.append(
        (
          "passes",
          .array(
            passes.map { pass in
              .object([
                ("stage", .string(pass.stage.rawValue)), ("pass", .string(pass.pass)),
                ("fired", .integer(pass.count)), ("reason", .string(pass.reason)),
              ])
            })
        ))
    }
    return .object(members)
  }
}
