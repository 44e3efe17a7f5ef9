import Testing
import VitqFormat

struct ProgramVerifierTests {
  /// A change that makes the sample wrong, and the place the verifier must name.
  struct Defect: Sendable, CustomTestStringConvertible {
    var name: String
    var field: String
    var change: @Sendable (inout Program.Instruction) -> Void
    var testDescription: String { "\(name).\(field)" }

    init(
      _ name: String, _ field: String,
      _ change: @escaping @Sendable (inout Program.Instruction) -> Void
    ) {
      self.name = name
      self.field = field
      self.change = change
    }
  }

  @Test func acceptsTheSample() throws {
    try verify(ProgramSample.program())
  }

  @Test(arguments: ProgramDefects.all)
  func rejects(_ defect: Defect) throws {
    var program = ProgramSample.program()
    let index = ProgramSample.index(defect.name)
    defect.change(&program.instructions[index])
    #expect(place(of: program) == ProgramPlace(defect.field, instruction: index))
  }

  static let declarations: [(String, @Sendable (inout Program) -> Void)] = [
    ("imageHeight", { $0.imageHeight = 0 }),
    ("imageWidth", { $0.imageWidth = 4097 }),
    ("buffers.count", { $0.buffers = [] }),
    ("buffers[2].rows", { $0.buffers[2].rows = 0 }),
    ("buffers[2].columns", { $0.buffers[2].columns = 1 << 21 }),
    ("buffers[2].group", { $0.buffers[2].group = 0 }),
    ("buffers[2].group", { $0.buffers[2].group = 2 }),
    (
      "buffers[22]",
      { $0.buffers.append(Program.Buffer(rows: 1 << 16, columns: 1 << 20, type: .f32)) }
    ),
    ("instructions.count", { $0.instructions = [] }),
    ("logits", { $0.logits = Program.BufferID(index: 99) }),
    ("logits", { $0.logits = Program.BufferID(index: 9) }),
    ("logits", { $0.logits = Program.BufferID(index: 1) }),
    ("logits", { $0.instructions.removeLast() }),
    ("features", { $0.features = Program.BufferID(index: 4) }),
  ]

  @Test(arguments: declarations.indices)
  func rejectsDeclarations(_ index: Int) throws {
    let (field, change) = Self.declarations[index]
    var program = ProgramSample.program()
    change(&program)
    #expect(place(of: program) == ProgramPlace(field))
  }

  /// Rows that no instruction has written hold nothing to compute with.
  @Test(arguments: [
    "imagePatches", "fill", "fillTokens", "layerNorm", "queries", "keys", "values", "windowNorm",
    "windowQueries", "windowKeys", "windowValues", "quantizeRows", "sums", "quantizeWindows",
    "windowSums", "realWindowNorm", "mean",
  ])
  func rejectsReadingWhatWasNotWritten(_ name: String) throws {
    var program = ProgramSample.program()
    program.instructions.remove(at: ProgramSample.index(name))
    #expect(place(of: program)?.instruction != nil)
  }

  @Test func bindsTheSumsOfALogarithmicQuantizerByTheProbabilities() throws {
    for bits in 1...4 {
      for stepsPerOctave in 1...2 {
        for largest in [1, 0.7, 0.01] as [Float] {
          var program = ProgramSample.program()
          let index = ProgramSample.index("attention")
          ProgramDefects.attention(&program.instructions[index]) {
            $0.probabilities = .log(
              LogQuantizer(largest: largest, stepsPerOctave: stepsPerOctave, bits: bits))
          }
          try verify(program)
        }
      }
    }
  }

  @Test(
    arguments: [
      (
        .invalid(
          ProgramPlace("weights.inputs", instruction: 15),
          expected: "8, the columns of the source", found: "9"),
        "program: instruction 15: weights.inputs: expected 8, the columns of the source, found 9"
      ),
      (
        .missingTensor(ProgramPlace("weights.offsets", instruction: 15), name: "none"),
        "program: instruction 15: weights.offsets: tensor 'none' is not in the file"
      ),
      (
        .wrongTensor(
          ProgramPlace("gamma", instruction: 3), name: "nan", expected: "finite numbers",
          found: "nan at index 0"),
        "program: instruction 3: gamma: tensor 'nan': expected finite numbers, "
          + "found nan at index 0"
      ),
      (.truncated(ProgramPlace("logits")), "program: logits: the bytes end here"),
      (
        .newerVersion(found: 3, supported: 2),
        "program: written by a newer vitq: expected version 2, found 3"
      ),
    ] as [(ProgramError, String)])
  func says(_ error: ProgramError, _ message: String) {
    #expect(error.description == message)
  }

  private func place(of program: Program) -> ProgramPlace? {
    do {
      try verify(program)
      return nil
    } catch {
      switch error as? ProgramError {
      case .invalid(let place, _, _), .missingTensor(let place, _),
        .wrongTensor(let place, _, _, _):
        return place
      default: return nil
      }
    }
  }

  private func verify(_ program: Program) throws {
    let container = try ModelFile(FileBytes(try ProgramSample.bytes())).container
    try ProgramVerifier(program, container).verify()
  }
}
