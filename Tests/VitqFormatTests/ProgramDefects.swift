import VitqFormat

/// What can be wrong with the instructions of ``ProgramSample``.
enum ProgramDefects {
  typealias Defect = ProgramVerifierTests.Defect

  static let all =
    structure + linearLayers + quantizers + attentions + windows + codebooks + lookUps + tables
    + rows

  private static let missing = Program.BufferID(index: 99)
  private static let u8 = Program.BufferID(index: 2)
  private static let f32 = Program.BufferID(index: 1)
  private static let tokens = Program.BufferID(index: 11)

  private static let structure: [Defect] = [
    Defect("imagePatches", "side") { $0 = .imagePatches(side: 0, target: u8) },
    Defect("imagePatches", "side") { $0 = .imagePatches(side: 3, target: u8) },
    Defect("imagePatches", "target") { $0 = .imagePatches(side: 2, target: missing) },
    Defect("imagePatches", "target") { $0 = .imagePatches(side: 2, target: f32) },
    Defect("imagePatches", "target") { $0 = .imagePatches(side: 2, target: u8) },
    Defect("fill", "target") { $0 = fill(target: u8) },
    Defect("fill", "rows") { $0 = fill(rows: 0) },
    Defect("fill", "rows") { $0 = fill(firstRow: 1) },
    Defect("fill", "firstRow") { $0 = fill(firstRow: -1) },
    Defect("fill", "value") { $0 = fill("none") },
    Defect("fill", "value") { $0 = fill("gamma") },
    Defect("fill", "value") { $0 = fill("odd") },
    Defect("fill", "value") { $0 = fill(type: .bf16) },
    Defect("fill", "value") { $0 = fill("narrowInfinite", type: .bf16) },
    Defect("fillTokens", "value") { $0 = fill("tokens", rows: 6, target: tokens) },
    Defect("fillTokens", "value") { $0 = fill("tokens", type: .bf16, rows: 5, target: tokens) },
    Defect("layerNorm", "source") { $0 = layerNorm(source: u8) },
    Defect("layerNorm", "rows") { $0 = layerNorm(rows: 0..<8) },
    Defect("layerNorm", "rows") { $0 = layerNorm(rows: 3..<3) },
    Defect("layerNorm", "gamma") { $0 = layerNorm(gamma: "multipliers") },
    Defect("layerNorm", "beta") { $0 = layerNorm(beta: "none") },
    Defect("layerNorm", "epsilon") { $0 = layerNorm(epsilon: 0) },
    Defect("layerNorm", "epsilon") { $0 = layerNorm(epsilon: .nan) },
    Defect("layerNorm", "target") { $0 = layerNorm(target: f32) },
    Defect("layerNorm", "target") { $0 = layerNorm(target: Program.BufferID(index: 0)) },
    Defect("layerNormF32", "target") {
      $0 = layerNorm(quantizer: nil, target: Program.BufferID(index: 1))
    },
    Defect("layerNormF32", "target") { $0 = layerNorm(quantizer: nil) },
    Defect("mean", "source") { $0 = .mean(source: u8, rows: 0..<7, target: f32) },
    Defect("mean", "rows") {
      $0 = .mean(source: f32, rows: 0..<8, target: Program.BufferID(index: 8))
    },
    Defect("mean", "target") { $0 = .mean(source: f32, rows: 0..<7, target: f32) },
    Defect("mean", "target") {
      $0 = .mean(source: f32, rows: 0..<7, target: Program.BufferID(index: 10))
    },
    Defect("quantize", "source") {
      $0 = .quantize(source: u8, rows: 0..<1, quantizer: ProgramSample.quantizer, target: u8)
    },
    Defect("quantize", "target") {
      $0 = .quantize(source: f32, rows: 0..<1, quantizer: ProgramSample.quantizer, target: f32)
    },
  ]

  private static let linearLayers: [Defect] = [
    Defect("head", "source") { linear(&$0) { $0.source = f32 } },
    Defect("head", "rows") { linear(&$0) { $0.rows = 0..<2 } },
    Defect("head", "target") { linear(&$0) { $0.target = missing } },
    Defect("head", "targetOffset") { linear(&$0) { $0.targetOffset = 1 } },
    Defect("head", "targetOffset") { linear(&$0) { $0.targetOffset = -1 } },
    Defect("head", "targetOffset") { linear(&$0) { $0.targetOffset = 1 << 20 } },
    Defect("queries", "target") { linear(&$0) { $0.target = $0.source } },
    Defect("queries", "target") { linear(&$0) { $0.epilogue = .store } },
    Defect("gelu", "target") { linear(&$0) { $0.target = Program.BufferID(index: 4) } },
    Defect("project", "target") {
      linear(&$0) { $0.target = Program.BufferID(index: 7) }
    },
    Defect("head", "weights.inputs") { linear(&$0) { $0.weights.inputs = 9 } },
    Defect("head", "weights.outputs") { linear(&$0) { $0.weights.outputs = 4 } },
    Defect("head", "weights.bits") { linear(&$0) { $0.weights.bits = 3 } },
    Defect("head", "weights.panels") { linear(&$0) { $0.weights.bits = 8 } },
    Defect("head", "weights.panels") { linear(&$0) { $0.weights.panels = constant("none") } },
    Defect("head", "weights.panels") { linear(&$0) { $0.weights.panels = constant("odd") } },
    Defect("head", "weights.panels") {
      linear(&$0) { $0.weights.panels = constant("multipliers") }
    },
    Defect("head", "weights.multipliers") {
      linear(&$0) { $0.weights.multipliers = constant("gamma") }
    },
    Defect("head", "weights.multipliers") {
      linear(&$0) { $0.weights.multipliers = constant("nan") }
    },
    Defect("head", "weights.offsets") { linear(&$0) { $0.weights.offsets = constant("none") } },
    Defect("values", "weights.zeroPoints") {
      linear(&$0) { $0.weights.zeroPoints = constant("halves") }
    },
    Defect("values", "weights.zeroPoints") {
      linear(&$0) { $0.weights.zeroPoints = constant("gamma") }
    },
  ]

  private static let quantizerChanges: [(String, @Sendable (inout UniformQuantizer) -> Void)] =
    [
      ("step", { $0.step = 0 }), ("step", { $0.step = -1 }), ("step", { $0.step = .nan }),
      ("step", { $0.step = .infinity }), ("step", { $0.step = .leastNonzeroMagnitude }),
      ("zeroPoint", { $0.zeroPoint = -1 }), ("zeroPoint", { $0.zeroPoint = 256 }),
      ("maximumCode", { $0.maximumCode = 256 }), ("minimumCode", { $0.minimumCode = -1 }),
      ("minimumCode", { $0.minimumCode = 16 }),
    ]

  private static let quantizers: [Defect] =
    quantizerChanges.flatMap { field, change in
      [
        Defect("queries", "epilogue.\(field)") { linear(&$0) { $0.changeQuantizer(change) } },
        Defect("gelu", "epilogue.\(field)") { linear(&$0) { $0.changeQuantizer(change) } },
        Defect("layerNorm", "quantizer.\(field)") {
          var quantizer = ProgramSample.quantizer
          change(&quantizer)
          $0 = layerNorm(quantizer: quantizer)
        },
        Defect("attention", "quantizer.\(field)") {
          attention(&$0) {
            var quantizer = ProgramSample.quantizer
            change(&quantizer)
            $0.quantizer = quantizer
          }
        },
      ]
    } + [
      // Codes minus their zero point do not fit a byte.
      Defect("keys", "epilogue.zeroPoint") {
        linear(&$0) { $0.changeQuantizer { $0.zeroPoint = 200 } }
      },
      Defect("keys", "epilogue.zeroPoint") {
        linear(&$0) { $0.changeQuantizer { $0.maximumCode = 255 } }
      },
    ]

  private static let attentions: [Defect] = [
    Defect("attention", "queries") { attention(&$0) { $0.queries = $0.keys } },
    Defect("attention", "keys") { attention(&$0) { $0.keys = $0.queries } },
    Defect("attention", "values") { attention(&$0) { $0.values = missing } },
    Defect("attention", "target") { attention(&$0) { $0.target = $0.queries } },
    Defect("attention", "target") { attention(&$0) { $0.target = f32 } },
    Defect("attention", "rows") { attention(&$0) { $0.rows = 0..<8 } },
    Defect("attention", "heads") { attention(&$0) { $0.heads = 0 } },
    Defect("attention", "queries") { attention(&$0) { $0.heads = 3 } },
    Defect("attention", "headWidth") { attention(&$0) { $0.headWidth = 0 } },
    Defect("attention", "queryZeroPoint") { attention(&$0) { $0.queryZeroPoint = 256 } },
    Defect("attention", "logitFactor") { attention(&$0) { $0.logitFactor = 0 } },
    Defect("attention", "valueFactor") { attention(&$0) { $0.valueFactor = .infinity } },
    Defect("attention", "probabilities.levels") {
      logarithmic(&$0) { $0.levels[15] = 1 << 15 + 1 }
    },
    Defect("attention", "probabilities.offset") { logarithmic(&$0) { $0.offset = .nan } },
    Defect("attention", "probabilities.stepsPerOctave") {
      logarithmic(&$0) { $0.stepsPerOctave = 0 }
    },
    Defect("uniformAttention", "probabilities.zeroPoint") {
      attention(&$0) {
        $0.probabilities = .uniform(
          UniformQuantizer(step: 1, zeroPoint: 1, minimumCode: 0, maximumCode: 255))
      }
    },
    Defect("uniformAttention", "probabilities.step") {
      attention(&$0) {
        $0.probabilities = .uniform(
          UniformQuantizer(step: -1, zeroPoint: 0, minimumCode: 0, maximumCode: 255))
      }
    },
  ]

  private static func constant(_ name: String) -> Program.Constant { Program.Constant(name) }

  private static func fill(
    _ value: String = "position", type: Program.ConstantType = .f32, firstRow: Int = 0,
    rows: Int = 7, target: Program.BufferID = f32
  ) -> Program.Instruction {
    .fill(value: constant(value), type: type, firstRow: firstRow, rows: rows, target: target)
  }

  private static func layerNorm(
    source: Program.BufferID = f32, rows: Range<Int> = 0..<7, gamma: String = "gamma",
    beta: String = "gamma", epsilon: Float = 1e-6,
    quantizer: UniformQuantizer? = ProgramSample.quantizer, target: Program.BufferID = u8
  ) -> Program.Instruction {
    .layerNorm(
      source: source, rows: rows, gamma: constant(gamma), beta: constant(beta),
      epsilon: epsilon, quantizer: quantizer, target: target)
  }

  /// The operands of a linear instruction, to be changed.
  struct Linear {
    var source: Program.BufferID
    var rows: Range<Int>
    var weights: Program.Weights
    var epilogue: Program.Epilogue
    var target: Program.BufferID
    var targetOffset: Int

    mutating func changeQuantizer(_ change: (inout UniformQuantizer) -> Void) {
      switch epilogue {
      case .store, .accumulate: preconditionFailure("no quantizer")
      case .quantize(var quantizer):
        change(&quantizer)
        epilogue = .quantize(quantizer)
      case .geluQuantize(var quantizer):
        change(&quantizer)
        epilogue = .geluQuantize(quantizer)
      }
    }
  }

  static func linear(_ instruction: inout Program.Instruction, _ change: (inout Linear) -> Void) {
    guard
      case .linear(let source, let rows, let weights, let epilogue, let target, let offset) =
        instruction
    else { preconditionFailure("not a linear layer") }
    var linear = Linear(
      source: source, rows: rows, weights: weights, epilogue: epilogue, target: target,
      targetOffset: offset)
    change(&linear)
    instruction = .linear(
      source: linear.source, rows: linear.rows, weights: linear.weights,
      epilogue: linear.epilogue, target: linear.target, targetOffset: linear.targetOffset)
  }

  static func attention(
    _ instruction: inout Program.Instruction, _ change: (inout Program.Attention) -> Void
  ) {
    guard case .attention(var attention) = instruction else {
      preconditionFailure("not an attention")
    }
    change(&attention)
    instruction = .attention(attention)
  }

  private static func logarithmic(
    _ instruction: inout Program.Instruction, _ change: (inout LogQuantizer) -> Void
  ) {
    attention(&instruction) {
      guard case .log(var quantizer) = $0.probabilities else {
        preconditionFailure("not a logarithmic quantizer")
      }
      change(&quantizer)
      $0.probabilities = .log(quantizer)
    }
  }
}
