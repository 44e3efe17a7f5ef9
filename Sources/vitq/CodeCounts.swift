import VitqFormat

/// How many codes the quantizers of a program use: what each costs in bits of information.
struct CodeCounts {
  /// For instance `36 × 4 bits, 12 × codebook of 16 levels (4 bits)`.
  let activations: String
  /// The same of attention probabilities.
  let attention: String

  init(_ program: Program) {
    var activations: [String] = []
    var attention: [String] = []
    for instruction in program.instructions {
      switch instruction {
      case .quantizeRows(let quantization):
        activations.append("\(quantization.bits) bits per-token")
      // These stand behind the instruction that quantizes to their grid.
      case .codebook(_, _, let codes), .lookUp(_, _, let codes):
        _ = activations.popLast()
        activations.append("codebook of \(Self.levels(Set(codes).count))")
      default: activations += instruction.quantizer.map { [Self.uniform($0)] } ?? []
      }
      if case .attention(let operands) = instruction {
        attention.append(Self.description(of: operands.probabilities))
      }
    }
    self.activations = Self.counted(activations)
    self.attention = Self.counted(attention)
  }

  private static func description(of probabilities: Program.Probabilities) -> String {
    switch probabilities {
    case .log(let quantizer):
      "powers of \(quantizer.stepsPerOctave == 1 ? "2" : "√2"), "
        + levels(Set(quantizer.levels + [0]).count)
    case .uniform(let quantizer): "uniform, " + uniform(quantizer)
    case .table(let quantizer): "table of \(levels(quantizer.levels.count))"
    }
  }

  private static func uniform(_ quantizer: UniformQuantizer) -> String {
    "\(bits(quantizer.maximumCode - quantizer.minimumCode + 1)) bits"
  }

  private static func levels(_ count: Int) -> String { "\(count) levels (\(bits(count)) bits)" }

  /// The bits that tell `count` codes apart.
  private static func bits(_ count: Int) -> Int {
    Int.bitWidth - max(count - 1, 0).leadingZeroBitCount
  }

  /// Each distinct text with its number, in the order of first appearance.
  private static func counted(_ texts: [String]) -> String {
    var seen: [String] = []
    for text in texts where !seen.contains(text) { seen.append(text) }
    return seen.map { text in "\(texts.count { $0 == text }) × \(text)" }.joined(separator: ", ")
  }
}
