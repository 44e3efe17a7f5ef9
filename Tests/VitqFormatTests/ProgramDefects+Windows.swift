import VitqFormat

/// What can be wrong with the instructions of ``ProgramSample`` that know windows.
extension ProgramDefects {
  static let windows: [Defect] = gathers + scatters + attentionWindows

  private static let u8 = Program.BufferID(index: 2)
  private static let f32 = Program.BufferID(index: 1)

  private static let gathers: [Defect] =
    grids(of: "windowNorm", "gather") { instruction, change in
      gatherNorm(&instruction) { norm in
        guard case .windows(var grid) = norm.gather else { preconditionFailure("no windows") }
        change(&grid)
        norm.gather = .windows(grid)
      }
    } + [
      Defect("windowNorm", "source") { gatherNorm(&$0) { $0.source = u8 } },
      Defect("windowNorm", "source") { gatherNorm(&$0) { $0.source = f32 } },
      Defect("windowNorm", "target") { gatherNorm(&$0) { $0.target = f32 } },
      Defect("windowNorm", "target") { gatherNorm(&$0) { $0.target = u8 } },
      Defect("windowNorm", "target") {
        gatherNorm(&$0) { $0.target = Program.BufferID(index: 99) }
      },
      Defect("windowNorm", "epsilon") { gatherNorm(&$0) { $0.epsilon = 0 } },
      Defect("windowNorm", "gamma") { gatherNorm(&$0) { $0.gamma = Program.Constant("wide") } },
      Defect("windowNorm", "beta") { gatherNorm(&$0) { $0.beta = Program.Constant("none") } },
      Defect("windowNorm", "quantizer.step") { gatherNorm(&$0) { $0.quantizer?.step = 0 } },
      Defect("neighbourNorm", "gather.height") {
        gatherNorm(&$0) { $0.gather = .neighbours(height: 0, width: 3) }
      },
      Defect("neighbourNorm", "gather.width") {
        gatherNorm(&$0) { $0.gather = .neighbours(height: 2, width: 1 << 20) }
      },
      Defect("neighbourNorm", "source") {
        gatherNorm(&$0) { $0.gather = .neighbours(height: 2, width: 4) }
      },
      Defect("neighbourNorm", "target") {
        gatherNorm(&$0) { $0.gather = .neighbours(height: 1, width: 6) }
      },
      Defect("neighbourNorm", "target") { gatherNorm(&$0) { $0.target = u8 } },
      Defect("neighbourNorm", "gamma") { gatherNorm(&$0) { $0.gamma = Program.Constant("gamma") } },
    ]

  private static let scatters: [Defect] =
    grids(of: "scatter", "grid") { instruction, change in
      scatter(&instruction) { change(&$0.grid) }
    } + [
      Defect("scatter", "source") { scatter(&$0) { $0.source = f32 } },
      Defect("scatter", "source") { scatter(&$0) { $0.source = u8 } },
      Defect("scatter", "target") { scatter(&$0) { $0.target = f32 } },
      Defect("scatter", "target") { scatter(&$0) { $0.target = u8 } },
      Defect("scatter", "weights.inputs") { scatter(&$0) { $0.weights.inputs = 9 } },
      Defect("scatter", "weights.panels") {
        scatter(&$0) { $0.weights.panels = Program.Constant("none") }
      },
    ]

  private static let attentionWindows: [Defect] = [
    Defect("windowAttention", "windows.height") { windows(&$0) { $0.height = 0 } },
    Defect("windowAttention", "windows.width") { windows(&$0) { $0.width = 1 << 17 } },
    Defect("windowAttention", "windows") { windows(&$0) { $0.width = 3 } },
    Defect("windowAttention", "windows.scoreStep") { windows(&$0) { $0.scoreStep = 0 } },
    Defect("windowAttention", "windows.scoreStep") { windows(&$0) { $0.scoreStep = 1e30 } },
    Defect("windowAttention", "windows.bias") {
      windows(&$0) { $0.bias = Program.Constant("gamma") }
    },
    Defect("windowAttention", "windows.bias") {
      windows(&$0) { $0.bias = Program.Constant("huge") }
    },
    Defect("windowAttention", "windows.penalty") { windows(&$0) { $0.penalty = .nan } },
    Defect("windowAttention", "windows.penalty") { windows(&$0) { $0.penalty = -1e30 } },
    Defect("windowAttention", "windows.regions") {
      windows(&$0) { $0.regions = Program.Constant("odd") }
    },
    Defect("windowAttention", "windows.regions") {
      windows(&$0) { $0.regions = Program.Constant("gamma") }
    },
  ]

  private static func grids(
    of name: String, _ field: String,
    _ change:
      @escaping @Sendable (
        inout Program.Instruction, (inout Program.WindowGrid) -> Void
      ) -> Void
  ) -> [Defect] {
    let changes: [(String, @Sendable (inout Program.WindowGrid) -> Void)] = [
      ("height", { $0.height = 0 }), ("width", { $0.width = 1 << 17 }),
      ("windowHeight", { $0.windowHeight = 0 }), ("windowWidth", { $0.windowWidth = 0 }),
      ("shiftRows", { $0.shiftRows = 2 }), ("shiftColumns", { $0.shiftColumns = -1 }),
    ]
    return changes.map { part, edit in
      Defect(name, "\(field).\(part)") { instruction in change(&instruction) { edit(&$0) } }
    }
  }

  private static func gatherNorm(
    _ instruction: inout Program.Instruction, _ change: (inout Program.GatherNorm) -> Void
  ) {
    guard case .gatherNorm(var norm) = instruction else { preconditionFailure("not a norm") }
    change(&norm)
    instruction = .gatherNorm(norm)
  }

  private static func scatter(
    _ instruction: inout Program.Instruction, _ change: (inout Program.ScatterLinear) -> Void
  ) {
    guard case .scatterLinear(var linear) = instruction else {
      preconditionFailure("not a scattered layer")
    }
    change(&linear)
    instruction = .scatterLinear(linear)
  }

  private static func windows(
    _ instruction: inout Program.Instruction, _ change: (inout Program.Windows) -> Void
  ) {
    attention(&instruction) {
      guard var windows = $0.windows else { preconditionFailure("no windows") }
      change(&windows)
      $0.windows = windows
    }
  }
}
