import VitqFormat

extension ProgramDefects {
  static let codebooks: [Defect] = [
    Defect("codebook", "target") { codebook(&$0) { $0.target = Program.BufferID(index: 1) } },
    Defect("codebook", "target") { codebook(&$0) { $0.target = Program.BufferID(index: 4) } },
    Defect("codebook", "target") { codebook(&$0) { $0.target = Program.BufferID(index: 99) } },
    Defect("codebook", "rows") { codebook(&$0) { $0.rows = 0..<8 } },
    Defect("codebook", "rows") { codebook(&$0) { $0.rows = 3..<3 } },
    // Nothing has written the features yet.
    Defect("codebook", "rows") {
      codebook(&$0) {
        $0.target = Program.BufferID(index: 9)
        $0.rows = 0..<1
      }
    },
    Defect("codebook", "levels") { codebook(&$0) { $0.levels = [] } },
    Defect("codebook", "levels") { codebook(&$0) { $0.levels = [4, 4] } },
    Defect("codebook", "levels") { codebook(&$0) { $0.levels = [4, 3] } },
  ]

  static let lookUps: [Defect] = [
    Defect("lookUp", "target") { $0 = lookUp(target: Program.BufferID(index: 1)) },
    Defect("lookUp", "target") { $0 = lookUp(target: Program.BufferID(index: 99)) },
    Defect("lookUp", "rows") { $0 = lookUp(rows: 0..<8) },
    Defect("lookUp", "rows") { $0 = lookUp(rows: 3..<3) },
    // Nothing has written the features yet.
    Defect("lookUp", "rows") { $0 = lookUp(target: Program.BufferID(index: 9), rows: 0..<1) },
    Defect("lookUp", "table") { $0 = lookUp(entryCount: 255) },
  ]

  private static func lookUp(
    target: Program.BufferID = Program.BufferID(index: 3), rows: Range<Int> = 0..<7,
    entryCount: Int = 256
  ) -> Program.Instruction {
    .lookUp(target: target, rows: rows, table: Array(repeating: 1, count: entryCount))
  }

  private static let tableChanges: [(String, @Sendable (inout AttentionTableQuantizer) -> Void)] = [
    ("stepsPerOctave", { $0.stepsPerOctave = 0 }), ("stepsPerOctave", { $0.stepsPerOctave = 65 }),
    ("stepsPerOctave", { $0.stepsPerOctave = .nan }), ("offset", { $0.offset = .infinity }),
    ("offset", { $0.offset = -1025 }), ("levels", { $0.levels[0] = 32769 }),
    ("levels", { $0.levels[1] = 32768 }), ("levels", { $0.levels[3] = 13 }),
    (
      "levels",
      {
        $0.levels = []
        $0.thresholds = []
      }
    ),
    (
      "levels",
      {
        $0.levels = (0..<257).reversed()
        $0.thresholds = (1..<257).map { UInt8(clamping: $0) }
      }
    ),
    ("thresholds", { $0.thresholds[0] = 0 }), ("thresholds", { $0.thresholds[1] = 30 }),
    ("thresholds", { $0.thresholds.removeLast() }), ("thresholds", { $0.thresholds = [1, 2, 2] }),
  ]

  static let tables: [Defect] = tableChanges.map { field, change in
    Defect("tableAttention", "probabilities.\(field)") {
      attention(&$0) {
        guard case .table(var table) = $0.probabilities else {
          preconditionFailure("not a table")
        }
        change(&table)
        $0.probabilities = .table(table)
      }
    }
  }

  /// The operands of a codebook instruction, to be changed.
  struct Codebook {
    var target: Program.BufferID
    var rows: Range<Int>
    var levels: [UInt8]
  }

  private static func codebook(
    _ instruction: inout Program.Instruction, _ change: (inout Codebook) -> Void
  ) {
    guard case .codebook(let target, let rows, let levels) = instruction else {
      preconditionFailure("not a codebook")
    }
    var codebook = Codebook(target: target, rows: rows, levels: levels)
    change(&codebook)
    instruction = .codebook(
      target: codebook.target, rows: codebook.rows, levels: codebook.levels)
  }
}
