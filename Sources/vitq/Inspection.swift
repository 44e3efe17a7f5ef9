import VitqFaults
import VitqCommandLine
import VitqFormat
import VitqReporting

/// What `inspect` prints of a model file.
enum Inspection {
  ///
  /// - Returns: Whether a graph is asked for that only the workbench can read.
  static func run(_ options: InspectOptions) throws -> Bool {
    let file = try ModelFiles.open(options.file)
    let program = try program(of: file, options.file)
    if options.recipe {
      guard let recipe = file.header.recipe else {
        throw CommandFailure(
          .malformedInput, "\(options.file): expected a quantized model, found none with a recipe")
      }
      Output.lines(recipe)
      return false
    }
    if options.calibration {
      for image in file.header.calibrationImages {
        Output.line(CommandFailure.printable(ModelHeader.line(image)))
      }
      return false
    }
    let needsGraph = options.graph && program == nil
    if options.json {
      if !needsGraph { Output.line(try json(file, program, options).text) }
      return needsGraph
    }
    Output.line(try summary(file, program, options).plainText)
    if options.tensors {
      Output.line("")
      Output.line(tensors(of: file).plainText)
    }
    if options.tree {
      Output.line("")
      Output.line(ModuleTree(file.tensors).table.plainText)
    }
    if options.graph { Output.line("") }
    if options.graph, let program {
      for (index, instruction) in program.instructions.enumerated() {
        Output.line("\(index)  \(instruction)")
      }
    }
    return needsGraph
  }

  private static func program(of file: ModelFile, _ path: String) throws -> Program? {
    guard file.header.kind == .program else { return nil }
    do throws(ModelFileError) {
      return try file.program()
    } catch {
      throw CommandFailure(path, error)
    }
  }

  /// What the file says of itself, as keys and values.
  private static func facts(
    _ file: ModelFile, _ program: Program?, _ path: String
  ) throws -> [(key: String, value: String)] {
    let header = file.header
    let labelCount: Int
    do throws(ModelFileError) {
      labelCount = try file.labels().count
    } catch {
      throw CommandFailure(path, error)
    }
    let bytes = file.container.bytes.count
    var facts: [(key: String, value: String)] = [
      ("architecture", header.attributes["architecture"] ?? "–"),
      ("kind", kind(of: header)),
      ("file", Figures.megabytes(bytes)),
      ("tensors", "\(file.tensors.count)"),
      ("labels", "\(labelCount)"),
      ("preprocessing", preprocessing(header.preprocessing)),
      ("source", header.source.map { "\($0.name), sha256 \($0.sha256)" } ?? "–"),
      ("written by", "vitq \(header.toolVersion)"),
    ]
    let recipe = header.recipe.map { StoredRecipe($0) }
    if let program {
      let bits = PackedBits(program)
      let stored = "in \(Figures.fixed(bits.average, 2)) bits each"
      let codes = recipe?.weights.map { "of \($0), stored \(stored)" } ?? stored
      facts.insert(("weights", "\(bits.weightCount) \(codes)"), at: 3)
      let counts = CodeCounts(program)
      facts.insert(("activations", counts.activations), at: 4)
      facts.insert(("attention", counts.attention), at: 5)
      facts.insert(("instructions", "\(program.instructions.count)"), at: 6)
    }
    if let calibration = recipe?.calibration { facts.append(("calibration", calibration)) }
    if !header.calibrationImages.isEmpty {
      facts.append(
        (
          "calibration images",
          "\(header.calibrationImages.count): vitq inspect --calibration prints names and SHA-256"
        ))
    }
    if let seed = header.seed { facts.append(("seed", "\(seed)")) }
    if header.recipe != nil { facts.append(("recipe", "vitq inspect --recipe prints it")) }
    return facts
  }

  private static func kind(of header: ModelHeader) -> String {
    switch header.kind {
    case .graph: header.isFullPrecision ? "full-precision graph" : "quantized graph"
    case .program: "packed program"
    }
  }

  private static func preprocessing(_ fields: [String: String]) -> String {
    let order = ["input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std"]
    return order.compactMap { key in fields[key].map { "\(key) \($0)" } }.joined(separator: "; ")
  }

  private static func summary(
    _ file: ModelFile, _ program: Program?, _ options: InspectOptions
  ) throws -> Table {
    var table = Table(["model", CommandFailure.printable(options.file)])
    for (key, value) in try facts(file, program, options.file) {
      table.append([CommandFailure.printable(key), CommandFailure.printable(value)])
    }
    return table
  }

  private static func tensors(of file: ModelFile) -> Table {
    var table = Table(["tensor", "type", "shape", ">bytes"])
    for tensor in file.tensors {
      table.append([
        CommandFailure.printable(tensor.name), tensor.type.rawValue, "\(tensor.shape)",
        "\(tensor.range.count)",
      ])
    }
    return table
  }

  /// The facts that are whole numbers.
  private static let counted: Set = ["tensors", "labels", "instructions"]

  /// The facts that are prose for people and numbers for programs.
  private static func figures(_ file: ModelFile, _ program: Program?) -> [String: JSONText] {
    let recipe = file.header.recipe.map { StoredRecipe($0) }
    var figures: [String: JSONText] = ["file": .integer(file.container.bytes.count)]
    if let program {
      let bits = PackedBits(program)
      figures["weights"] = .object([
        ("count", .integer(bits.weightCount)),
        ("bits", recipe?.weightBits.map { JSONText.integer($0) } ?? .null),
        ("stored_bits", .number(bits.average)),
      ])
    }
    if let recipe, let method = recipe.imageMethod {
      figures["calibration"] = .object([
        ("images", .string(method)), ("data_free", .bool(recipe.isDataFree)),
      ])
    }
    figures["calibration images"] = .array(
      file.header.calibrationImages.map {
        .object([("name", .string($0.name)), ("sha256", .string($0.sha256))])
      })
    return figures
  }

  private static func json(
    _ file: ModelFile, _ program: Program?, _ options: InspectOptions
  ) throws -> JSONText {
    var members: [(String, JSONText)] = [("schema", .string("vitq.inspect/1"))]
    let figures = figures(file, program)
    members += try facts(file, program, options.file).map { key, value -> (String, JSONText) in
      let count = counted.contains(key) ? Int(value).map { JSONText.integer($0) } : nil
      return (key, figures[key] ?? count ?? .string(value))
    }
    if let recipe = file.header.recipe { members.append(("recipe_text", .string(recipe))) }
    let header = file.header
    members.append(
      (
        "preprocessing_fields",
        .object(header.preprocessing.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
      ))
    members.append(
      (
        "provenance",
        .object([
          ("source", header.source.map { .string($0.name) } ?? .null),
          ("source_sha256", header.source.map { .string($0.sha256) } ?? .null),
          ("tool_version", .string(header.toolVersion)),
          ("seed", header.seed.map { .string("\($0)") } ?? .null),
        ])
      ))
    members.append(("bytes", .integer(file.container.bytes.count)))
    members.append(("modules", ModuleTree(file.tensors).json))
    if options.tensors {
      members.append(
        (
          "tensor_list",
          .array(
            file.tensors.map { tensor in
              .object([
                ("name", .string(tensor.name)), ("type", .string(tensor.type.rawValue)),
                ("shape", .array(tensor.shape.map(JSONText.integer))),
                ("bytes", .integer(tensor.range.count)),
              ])
            })
        ))
    }
    return .object(members)
  }
}

/// The weights of a program and how many bits they take.
private struct PackedBits {
  var weightCount = 0
  private var bitCount = 0

  init(_ program: Program) {
    for instruction in program.instructions {
      let weights: Program.Weights
      switch instruction {
      case .linear(_, _, let given, _, _, _): weights = given
      case .scatterLinear(let linear): weights = linear.weights
      default: continue
      }
      weightCount += weights.outputs * weights.inputs
      bitCount += weights.outputs * weights.inputs * weights.bits
    }
  }

  var average: Double { weightCount > 0 ? Double(bitCount) / Double(weightCount) : 0 }
}
