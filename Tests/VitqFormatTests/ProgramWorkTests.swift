import Testing
import VitqFormat

struct ProgramWorkTests {
  private static let codes = UniformQuantizer(
    step: 0.5, zeroPoint: 8, minimumCode: 0, maximumCode: 15)

  private static func weights(_ name: String, _ outputs: Int, _ inputs: Int) -> Program.Weights {
    Program.Weights(
      panels: .init(name + ".panels"), bits: 4, outputs: outputs, inputs: inputs,
      multipliers: .init(name + ".multipliers"), offsets: .init(name + ".offsets"), zeroPoints: nil)
  }

  /// Three tokens of 40 values, two heads of 20.
  private static let program: Program = {
    var program = Program(imageHeight: 8, imageWidth: 8)
    let tokens = program.addBuffer(rows: 3, columns: 40, type: .f32)
    let normal = program.addBuffer(rows: 3, columns: 40, type: .u8)
    let queries = program.addBuffer(rows: 3, columns: 40, type: .u8)
    let keys = program.addBuffer(rows: 3, columns: 40, type: .s8)
    let scales = program.addBuffer(rows: 3, columns: 2, type: .f32)
    program.instructions = [
      .layerNorm(
        source: tokens, rows: 0..<3, gamma: .init("b.0.norm1.gamma"), beta: .init("b.0.norm1.beta"),
        epsilon: 1e-6, quantizer: codes, target: normal),
      .linear(
        source: normal, rows: 0..<1, weights: weights("b.0.attn.qkv.query", 40, 40),
        epilogue: .quantize(codes), target: queries, targetOffset: 0),
      .linear(
        source: normal, rows: 0..<3, weights: weights("b.0.attn.qkv.key", 40, 40),
        epilogue: .quantize(codes), target: keys, targetOffset: 0),
      .barrier,
      .attention(
        Program.Attention(
          queries: queries, keys: keys, values: keys, rows: 0..<1, heads: 2, headWidth: 20,
          queryZeroPoint: 8, logitFactor: 1, probabilities: .uniform(codes), valueFactor: 1,
          quantizer: codes, target: normal)),
      .linear(
        source: normal, rows: 0..<1, weights: weights("b.0.attn.proj", 40, 40),
        epilogue: .accumulate, target: tokens, targetOffset: 0),
      .linear(
        source: normal, rows: 0..<1, weights: weights("b.0.mlp.fc1", 160, 40),
        epilogue: .geluQuantize(codes), target: queries, targetOffset: 0),
      .codebook(target: queries, rows: 0..<1, levels: [1, 2]),
      .lookUp(target: queries, rows: 0..<1, table: Array(0...255)),
      .quantizeRows(
        Program.RowQuantization(
          source: tokens, rows: 0..<2, bits: 4, target: normal, scales: scales)),
      .rescaleRows(
        Program.RowRescaling(
          source: tokens, scales: scales, rows: 0..<2, weightSums: .init("b.0.mlp.fc2.weight_sums"),
          weightSteps: .init("b.0.mlp.fc2.weight_steps"), bias: .init("b.0.mlp.fc2.bias"),
          epilogue: .gelu, target: tokens)),
    ]
    return program
  }()

  @Test func modulesAreThoseOfTheTensorsOrOfWhatWasRead() {
    #expect(
      Self.program.moduleNames() == [
        "b.0.norm1", "b.0.attn.qkv.query", "b.0.attn.qkv.key", "", "b.0.attn", "b.0.attn.proj",
        "b.0.mlp.fc1", "b.0.mlp.fc1", "b.0.mlp.fc1", "b.0.attn.proj", "b.0.mlp.fc2",
      ])
  }

  @Test func productsAreThoseOfTheModel() {
    let counts = Self.program.instructions.map { Self.program.productCount(of: $0) }
    #expect(counts == [0, 1600, 4800, 0, 2 * 3 * 40, 1600, 6400, 0, 0, 0, 0])
  }

  @Test func shapesAndKindsSayWhatIsComputed() {
    #expect(
      Self.program.instructions.map { "\($0.kind): \(Self.program.shape(of: $0))" } == [
        "layer norm: 3 × 40", "linear + quantize: 1 × 40 → 40", "linear + quantize: 3 × 40 → 40",
        "barrier: ", "attention: 1 × 3, 2 × 20", "linear + residual: 1 × 40 → 40",
        "linear + gelu: 1 × 40 → 160", "codebook: 1 × 40", "look up: 1 × 40",
        "quantize rows: 2 × 40", "rescale rows + gelu: 2 × 40",
      ])
  }

  /// A window of four tokens has four keys, however many there are.
  @Test func windowsBoundTheKeys() {
    var program = Program(imageHeight: 8, imageWidth: 8)
    let rows = program.addBuffer(rows: 16, columns: 12, type: .u8, group: 4)
    let windows = Program.Windows(
      height: 2, width: 2, scoreStep: 1, bias: .init("b.bias"), regions: nil, penalty: 0)
    let attention = Program.Instruction.attention(
      Program.Attention(
        queries: rows, keys: rows, values: rows, rows: 0..<16, windows: windows, heads: 3,
        headWidth: 4, queryZeroPoint: 0, logitFactor: 1, probabilities: .uniform(Self.codes),
        valueFactor: 1, quantizer: Self.codes, target: rows))
    #expect(program.productCount(of: attention) == 2 * 16 * 4 * 12)
    #expect(program.shape(of: attention) == "16 × 4, 3 × 4")
    #expect(attention.kind == "window attention")
  }
}
