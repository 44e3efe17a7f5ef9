import VitqFaults
import VitqCommandLine
import VitqFormat
import VitqReporting

/// What `inspect` prints of a model file.
enum Inspection {
  /// Prints what the options ask for.
  ///
  /// - Returns: Whether a graph is asked for that only the workbench can read.
  static func run(_ options: InspectOptions) throws -> Bool {
    let file = try ModelFiles.open(options.file)
    let program = try program(of: file, options.file)
    if options.recipe || options.calibration {
      guard let recipe = file.header.recipe else {
        throw CommandFailure(
          .malformedInput, "\(options.file): expected a quantized model, found none with a recipe")
      }
      if options.recipe {
        Output.lines(recipe)
        return false
      }
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
    let facts = TensorFacts(program)
    if options.tensors {
      Output.line("")
      Output.line(tensors(of: file, facts).plainText)
    }
    if options.tree {
      Output.line("")
      Output.line(ModuleTree(file.tensors, facts).table.plainText)
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

  /// One thing that the file says of itself.
  private struct Fact {
    let key: String
    /// For people.
    let text: String
    /// For programs.
    let json: JSONText

    init(_ key: String, _ text: String, json: JSONText? = nil) {
      self.key = key
      self.text = text
      self.json = json ?? .string(text)
    }

    init(_ key: String, count: Int) { self.init(key, "\(count)", json: .integer(count)) }
  }

  private static func facts(
    _ file: ModelFile, _ program: Program?, _ path: String
  ) throws -> [Fact] {
    let header = file.header
    let labelCount: Int
    do throws(ModelFileError) {
      labelCount = try file.labels().count
    } catch {
      throw CommandFailure(path, error)
    }
    let recipe = header.recipe.map { StoredRecipe($0) }
    let byteCount = file.container.bytes.count
    var facts = [
      Fact("architecture", header.attributes["architecture"] ?? "–"),
      Fact("kind", kind(of: header)),
      Fact("file", Figures.megabytes(byteCount), json: .integer(byteCount)),
    ]
    if let program { facts += self.facts(program, recipe) }
    facts += [
      Fact("tensors", count: file.tensors.count),
      Fact("labels", count: labelCount),
      Fact("preprocessing", preprocessing(header.preprocessing)),
      Fact("source", header.source.map { "\($0.name), sha256 \($0.sha256)" } ?? "–"),
      Fact("written by", "vitq \(header.toolVersion)"),
    ]
    if let recipe, let calibration = recipe.calibration {
      facts.append(
        Fact(
          "calibration", calibration,
          json: recipe.imageMethod.map {
            .object([("images", .string($0)), ("data_free", .bool(recipe.isDataFree))])
          }))
    }
    if !header.calibrationImages.isEmpty {
      facts.append(
        Fact(
          "calibration images",
          "\(header.calibrationImages.count): vitq inspect --calibration prints names and SHA-256",
          json: .array(
            header.calibrationImages.map {
              .object([("name", .string($0.name)), ("sha256", .string($0.sha256))])
            })))
    }
    if let seed = header.seed { facts.append(Fact("seed", "\(seed)")) }
    if header.recipe != nil { facts.append(Fact("recipe", "vitq inspect --recipe prints it")) }
    return facts
  }

  /// What the program says; `recipe` made it.
  private static func facts(_ program: Program, _ recipe: StoredRecipe?) -> [Fact] {
    let bits = PackedBits(program)
    let stored = "in \(Figures.fixed(bits.average, 2)) bits each"
    let codes = recipe?.weights.map { "of \($0), stored \(stored)" } ?? stored
    let counts = CodeCounts(program)
    return [
      Fact(
        "weights", "\(bits.weightCount) \(codes)",
        json: .object([
          ("count", .integer(bits.weightCount)),
          ("bits", recipe?.weightBits.map { JSONText.integer($0) } ?? .null),
          ("stored_bits", .number(bits.average)),
        ])),
      Fact("activations", counts.activations),
      Fact("attention", counts.attention),
      Fact("instructions", count: program.instructions.count),
    ]
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
    for fact in try facts(file, program, options.file) {
      table.append([CommandFailure.printable(fact.key), CommandFailure.printable(fact.text)])
    }
    return table
  }

  private static func tensors(of file: ModelFile, _ facts: TensorFacts) -> Table {
    var table = Table(["tensor", "type", "shape", ">bits", ">bytes", "quantizer"])
    for tensor in file.tensors {
      let known = facts[tensor]
      table.append([
        CommandFailure.printable(tensor.name), tensor.type.rawValue, "\(known.shape)",
        "\(known.bits)", "\(tensor.range.count)", known.quantizer,
      ])
    }
    return table
  }

  private static func json(
    _ file: ModelFile, _ program: Program?, _ options: InspectOptions
  ) throws -> JSONText {
    var members: [(String, JSONText)] = [("schema", .string("vitq.inspect/1"))]
    members += try facts(file, program, options.file).map { ($0.key, $0.json) }
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
    let facts = TensorFacts(program)
    members.append(("modules", ModuleTree(file.tensors, facts).json))
    if options.tensors {
      members.append(
        (
          "tensor_list",
          .array(
            file.tensors.map { tensor in
              ModuleTree.json(of: tensor, named: tensor.name, facts[tensor])
            })
        ))
    }
    if options.graph, let program {
      members.append(
        ("instruction_list", .array(program.instructions.map { .string($0.description) })))
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
      guard let weights = instruction.weights else { continue }
      weightCount += weights.outputs * weights.inputs
      bitCount += weights.outputs * weights.inputs * weights.bits
    }
  }

  var average: Double { weightCount > 0 ? Double(bitCount) / Double(weightCount) : 0 }
}
