import VitqFormat

/// A program of every instruction, with tensors that fit it.
enum ProgramSample {
  static let quantizer = UniformQuantizer(
    step: 0.25, zeroPoint: 8, minimumCode: 0, maximumCode: 15)

  static let instructions = [
    "imagePatches", "fill", "fillTokens", "embed", "layerNorm", "queries", "keys", "values",
    "barrier",
    "attention", "project", "gelu", "codebook", "lookUp", "uniformAttention", "tableAttention",
    "windowNorm",
    "windowQueries", "windowKeys",
    "windowValues", "windowAttention", "scatter", "neighbourNorm", "layerNormF32", "quantizeRows",
    "sums", "rescaleQueries", "rescaleKeys", "realAttention", "rescaleStream", "rescaleGelu",
    "realWindowNorm", "quantizeWindows", "windowSums", "rescaleTokens", "realWindowAttention",
    "mean", "quantize", "head",
  ]

  /// The index of an instruction by its name in ``instructions``.
  static func index(_ name: String) -> Int {
    guard let index = instructions.firstIndex(of: name) else {
      preconditionFailure("no instruction '\(name)'")
    }
    return index
  }

  /// Six tokens, 2 × 3, in two windows of 2 × 2, the second half padding.
  static let grid = Program.WindowGrid(
    height: 2, width: 3, windowHeight: 2, windowWidth: 2, shiftRows: 1, shiftColumns: 2)

  static func program() -> Program {
    var program = Program(imageHeight: 4, imageWidth: 6)
    let patches = program.addBuffer(rows: 6, columns: 12, type: .u8)
    let stream = program.addBuffer(rows: 7, columns: 8, type: .f32)
    let normal = program.addBuffer(rows: 7, columns: 8, type: .u8)
    let queries = program.addBuffer(rows: 7, columns: 8, type: .u8)
    let keys = program.addBuffer(rows: 7, columns: 8, type: .s8)
    let values = program.addBuffer(rows: 7, columns: 8, type: .s8)
    let attended = program.addBuffer(rows: 7, columns: 8, type: .u8)
    let normalF32 = program.addBuffer(rows: 7, columns: 8, type: .f32)
    let mean = program.addBuffer(rows: 1, columns: 8, type: .f32)
    let features = program.addBuffer(rows: 1, columns: 8, type: .u8)
    let logits = program.addBuffer(rows: 1, columns: 3, type: .f32)
    let tokens = program.addBuffer(rows: 6, columns: 8, type: .f32)
    let windowNormal = program.addBuffer(rows: 8, columns: 8, type: .u8, group: 4)
    let windowQueries = program.addBuffer(rows: 8, columns: 8, type: .u8, group: 4)
    let windowKeys = program.addBuffer(rows: 8, columns: 8, type: .s8, group: 4)
    let windowValues = program.addBuffer(rows: 8, columns: 8, type: .s8, group: 4)
    let neighbours = program.addBuffer(rows: 2, columns: 32, type: .u8)
    let attention = Program.Attention(
      queries: queries, keys: keys, values: values, rows: 0..<7, heads: 2, headWidth: 4,
      queryZeroPoint: 8, logitFactor: 0.125,
      probabilities: .log(LogQuantizer(largest: 0.75, stepsPerOctave: 2, bits: 4)),
      valueFactor: 0.5, quantizer: quantizer, target: attended)
    var uniform = attention
    uniform.probabilities = .uniform(
      UniformQuantizer(step: 1 / 255, zeroPoint: 0, minimumCode: 0, maximumCode: 255))
    var table = attention
    table.probabilities = .table(
      AttentionTableQuantizer(
        stepsPerOctave: 16, offset: -1.5, levels: [32768, 7000, 12, 0], thresholds: [30, 99, 255]))
    var windowed = attention
    windowed.queries = windowQueries
    windowed.keys = windowKeys
    windowed.values = windowValues
    windowed.target = windowNormal
    windowed.rows = 0..<8
    windowed.windows = Program.Windows(
      height: 2, width: 2, scoreStep: 0.25, bias: Program.Constant("bias"),
      regions: Program.Constant("regions"), penalty: -100)
    let scales = program.addBuffer(rows: 7, columns: 2, type: .f32)
    let windowScales = program.addBuffer(rows: 8, columns: 2, type: .f32, group: 4)
    let windowSums = program.addBuffer(rows: 8, columns: 8, type: .f32, group: 4)
    let sums = program.addBuffer(rows: 7, columns: 8, type: .f32)
    let windowReal = program.addBuffer(rows: 8, columns: 8, type: .f32, group: 4)
    var real = attention
    real.quantizer = nil
    real.target = normalF32
    var realWindowed = windowed
    realWindowed.quantizer = nil
    realWindowed.target = windowReal
    var realNorm = gatherNorm(.windows(grid), from: tokens, to: windowReal)
    realNorm.quantizer = nil
    func rescale(_ epilogue: Program.RowEpilogue, _ target: Program.BufferID)
      -> Program.Instruction
    {
      .rescaleRows(rescaling(sums, scales, epilogue, target, rows: 7))
    }
    program.instructions = [
      .imagePatches(side: 2, target: patches),
      .fill(value: Program.Constant("position"), type: .f32, firstRow: 0, rows: 7, target: stream),
      .fill(value: Program.Constant("tokens"), type: .bf16, firstRow: 0, rows: 6, target: tokens),
      .linear(
        source: patches, rows: 0..<6, weights: weights(inputs: 12), epilogue: .accumulate,
        target: stream, targetOffset: 1),
      .layerNorm(
        source: stream, rows: 0..<7, gamma: Program.Constant("gamma"),
        beta: Program.Constant("gamma"), epsilon: 1e-6, quantizer: quantizer, target: normal),
      linear(normal, .quantize(quantizer), queries),
      linear(normal, .quantize(quantizer), keys),
      .linear(
        source: normal, rows: 0..<7, weights: weights(bits: 8, zeroPoints: "zero_points"),
        epilogue: .quantize(quantizer), target: values, targetOffset: 0),
      .barrier,
      .attention(attention),
      linear(attended, .accumulate, stream),
      linear(normal, .geluQuantize(quantizer), queries),
      .codebook(target: queries, rows: 0..<7, levels: [0, 3, 4, 9, 15]),
      .lookUp(target: queries, rows: 0..<7, table: (0..<256).map { UInt8($0 * $0 % 17) }),
      .attention(uniform),
      .attention(table),
      .gatherNorm(gatherNorm(.windows(grid), from: tokens, to: windowNormal)),
      linear(windowNormal, .quantize(quantizer), windowQueries, rows: 8),
      linear(windowNormal, .quantize(quantizer), windowKeys, rows: 8),
      linear(windowNormal, .quantize(quantizer), windowValues, rows: 8),
      .attention(windowed),
      .scatterLinear(
        Program.ScatterLinear(
          source: windowNormal, weights: weights(), grid: grid, target: tokens)),
      .gatherNorm(
        gatherNorm(
          .neighbours(height: 2, width: 3), from: tokens, to: neighbours, parameters: "wide")),
      .layerNorm(
        source: stream, rows: 0..<7, gamma: Program.Constant("gamma"),
        beta: Program.Constant("gamma"), epsilon: 1e-6, quantizer: nil, target: normalF32),
      .quantizeRows(
        Program.RowQuantization(
          source: normalF32, rows: 0..<7, bits: 4, target: normal, scales: scales)),
      linear(normal, .store, sums), rescale(.quantize(quantizer), queries),
      rescale(.quantize(quantizer), keys), .attention(real), rescale(.accumulate, stream),
      rescale(.gelu, normalF32), .gatherNorm(realNorm),
      .quantizeRows(
        Program.RowQuantization(
          source: windowReal, rows: 0..<8, bits: 8, target: windowNormal, scales: windowScales)),
      linear(windowNormal, .store, windowSums, rows: 8),
      .rescaleRows(rescaling(windowSums, windowScales, .scatter(grid), tokens, rows: 8)),
      .attention(realWindowed),
      .mean(source: normalF32, rows: 1..<7, target: mean),
      .quantize(source: mean, rows: 0..<1, quantizer: quantizer, target: features),
      .linear(
        source: features, rows: 0..<1, weights: weights(outputs: 3), epilogue: .store,
        target: logits, targetOffset: 0),
    ]
    program.logits = logits
    program.features = features
    return program
  }

  private static func bfloat16(_ name: String, _ numbers: [Float], shape: [Int]) -> OutputTensor {
    OutputTensor(name, type: .bf16, shape: shape, pieceCount: 1) { _ in
      numbers.map { UInt16($0.bitPattern >> 16) }
    }
  }

  static func weights(
    bits: Int = 4, outputs: Int = 8, inputs: Int = 8, zeroPoints: String? = nil
  ) -> Program.Weights {
    Program.Weights(
      panels: Program.Constant("panels\(bits)"), bits: bits, outputs: outputs, inputs: inputs,
      multipliers: Program.Constant("multipliers"), offsets: Program.Constant("offsets"),
      zeroPoints: zeroPoints.map { Program.Constant($0) })
  }

  private static func gatherNorm(
    _ gather: Program.Gather, from source: Program.BufferID, to target: Program.BufferID,
    parameters: String = "gamma"
  ) -> Program.GatherNorm {
    Program.GatherNorm(
      source: source, gather: gather, gamma: Program.Constant(parameters),
      beta: Program.Constant(parameters), epsilon: 1e-5, quantizer: quantizer, target: target)
  }

  private static func rescaling(
    _ sums: Program.BufferID, _ scales: Program.BufferID, _ epilogue: Program.RowEpilogue,
    _ target: Program.BufferID, rows: Int
  ) -> Program.RowRescaling {
    Program.RowRescaling(
      source: sums, scales: scales, rows: 0..<rows, weightSums: Program.Constant("gamma"),
      weightSteps: Program.Constant("gamma"), bias: Program.Constant("gamma"), epilogue: epilogue,
      target: target)
  }

  private static func linear(
    _ source: Program.BufferID, _ epilogue: Program.Epilogue, _ target: Program.BufferID,
    rows: Int = 7
  ) -> Program.Instruction {
    .linear(
      source: source, rows: 0..<rows, weights: weights(), epilogue: epilogue, target: target,
      targetOffset: 0)
  }

  static var tensors: [OutputTensor] {
    [
      OutputTensor("panels4", bytes: (0..<512).map { UInt8($0 & 255) }, shape: [512]),
      OutputTensor("panels8", bytes: (0..<1024).map { UInt8($0 & 255) }, shape: [1, 1024]),
      OutputTensor("multipliers", (0..<32).map { Float($0) / 64 }, shape: [32]),
      OutputTensor("offsets", (0..<32).map { Float($0) - 16 }, shape: [32]),
      OutputTensor(
        "zero_points", bytes: (0..<32).map { UInt8(bitPattern: $0 - 16) }, type: .i8, shape: [32]),
      OutputTensor("gamma", (0..<8).map { Float($0) }, shape: [8]),
      OutputTensor("position", (0..<56).map { Float($0) }, shape: [1, 7, 8]),
      OutputTensor("wide", (0..<32).map { Float($0) }, shape: [32]),
      bfloat16("tokens", (0..<48).map { Float($0) }, shape: [6, 8]),
      bfloat16("narrowInfinite", Array(repeating: -.infinity, count: 56), shape: [7, 8]),
      OutputTensor("bias", (0..<18).map { Float($0) }, shape: [2, 3, 3]),
      OutputTensor("huge", Array(repeating: 1e30, count: 18), shape: [2, 3, 3]),
      OutputTensor("regions", bytes: [0, 0, 1, 1, 2, 2, 2, 2], shape: [8]),
      OutputTensor("halves", Array(repeating: 0.5, count: 32), shape: [32]),
      OutputTensor("nan", Array(repeating: .nan, count: 32), shape: [32]),
      OutputTensor("odd", bytes: [1, 2, 3], shape: [3]),
      OutputTensor("scalar", [1], shape: []),
    ]
  }

  static var header: ModelHeader {
    var header = ModelHeader(kind: .program, toolVersion: "1.2.3")
    header.preprocessing = [
      "input_size": "3,4,6", "crop_pct": "0.9", "crop_mode": "center", "interpolation": "bicubic",
      "mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225",
    ]
    header.source = ModelHeader.Source(
      name: "deit_s.h5", sha256: SHA256.hexDigest(of: Array("abc".utf8)))
    header.recipe = "w4a4\n\"quoted\""
    header.seed = .max
    header.attributes = ["architecture": "deit", "naïve": "é\u{1}\\"]
    return header
  }

  static let labels = [
    Label(name: "n01440764", description: "tench, Tinca tinca"), Label(name: "goldfish"),
    Label(name: "", description: ""),
  ]

  static func bytes() throws -> [UInt8] {
    try ModelFile.encode(header, program: program(), labels: labels, tensors: tensors)
  }
}
