extension Program {
  /// The products of two codes that an instruction adds up, as the model defines them: padding, and
  /// the second half of a product that a kernel computes in two, are not counted.
  package func productCount(of instruction: Instruction) -> Int {
    switch instruction {
    case .linear(_, let rows, let weights, _, _, _):
      rows.count * weights.outputs * weights.inputs
    case .scatterLinear(let linear):
      buffers[linear.source.index].rows * linear.weights.outputs * linear.weights.inputs
    case .attention(let attention):
      // Scores, and sums of values.
      2 * attention.rows.count * keyCount(of: attention) * attention.heads * attention.headWidth
    default: 0
    }
  }

  /// How many keys a query attends to.
  private func keyCount(of attention: Attention) -> Int {
    attention.windows?.tokenCount ?? buffers[attention.keys.index].rows
  }

  /// Rows and columns of what an instruction computes, `→` between what it reads and writes.
  package func shape(of instruction: Instruction) -> String {
    func columns(_ id: BufferID) -> Int { buffers[id.index].columns }
    func rows(_ id: BufferID) -> Int { buffers[id.index].rows }
    switch instruction {
    case .imagePatches(_, let target): return "\(rows(target)) × \(columns(target))"
    case .fill(_, _, _, let count, let target): return "\(count) × \(columns(target))"
    case .linear(_, let range, let weights, _, _, _):
      return "\(range.count) × \(weights.inputs) → \(weights.outputs)"
    case .scatterLinear(let linear):
      return "\(rows(linear.source)) × \(linear.weights.inputs) → \(linear.weights.outputs)"
    case .layerNorm(let source, let range, _, _, _, _, _), .quantize(let source, let range, _, _),
      .mean(let source, let range, _), .codebook(let source, let range, _),
      .lookUp(let source, let range, _):
      return "\(range.count) × \(columns(source))"
    case .quantizeRows(let quantization):
      return "\(quantization.rows.count) × \(columns(quantization.source))"
    case .rescaleRows(let rescaling):
      return "\(rescaling.rows.count) × \(columns(rescaling.source))"
    case .gatherNorm(let norm): return "\(rows(norm.target)) × \(columns(norm.target))"
    case .attention(let attention):
      return "\(attention.rows.count) × \(keyCount(of: attention)), "
        + "\(attention.heads) × \(attention.headWidth)"
    case .barrier: return ""
    }
  }

  /// The module of the model that an instruction computes or is part of; of those without tensors
  /// of their own, that of the instruction which wrote what they read.
  package func moduleNames() -> [String] {
    var writers: [BufferID: String] = [:]
    return instructions.map { instruction in
      let name: String
      switch instruction {
      case .imagePatches: name = "image"
      case .fill(let value, _, _, _, _): name = value.module
      case .linear(_, _, let weights, _, _, _): name = weights.panels.module
      case .scatterLinear(let linear): name = linear.weights.panels.module
      case .layerNorm(_, _, let gamma, _, _, _, _): name = gamma.module
      case .gatherNorm(let norm): name = norm.gamma.module
      case .quantize(let source, _, _, _), .mean(let source, _, _), .codebook(let source, _, _),
        .lookUp(let source, _, _):
        name = writers[source] ?? ""
      case .quantizeRows(let quantization): name = writers[quantization.source] ?? ""
      case .rescaleRows(let rescaling): name = rescaling.bias.module
      case .attention(let attention):
        // Queries come from `<attention>.qkv.query`, or from `<attention>.qkv` as a whole.
        let writer = writers[attention.queries] ?? ""
        name = writer.components(upTo: "qkv")
      case .barrier: name = ""
      }
      for access in accesses(of: instruction) where access.isWrite { writers[access.buffer] = name }
      return name
    }
  }
}

extension Program.Constant {
  /// The name without its last part: `blocks.0.mlp.fc1` of `blocks.0.mlp.fc1.panels`.
  fileprivate var module: String {
    name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}

extension String {
  /// The parts between dots before the first that is `part`.
  fileprivate func components(upTo part: String) -> String {
    split(separator: ".").prefix { $0 != part }.joined(separator: ".")
  }
}

extension Program.Instruction {
  /// What an instruction does, in a word or two.
  package var kind: String {
    switch self {
    case .imagePatches: "image patches"
    case .fill: "fill"
    case .linear(_, _, _, let epilogue, _, _): "linear" + epilogue.suffix
    case .scatterLinear: "linear + residual"
    case .layerNorm, .gatherNorm: "layer norm"
    case .quantize: "quantize"
    case .codebook: "codebook"
    case .lookUp: "look up"
    case .quantizeRows: "quantize rows"
    case .rescaleRows(let rescaling): "rescale rows" + rescaling.epilogue.suffix
    case .attention(let attention): attention.windows == nil ? "attention" : "window attention"
    case .mean: "mean"
    case .barrier: "barrier"
    }
  }

  /// The bits of a weight; `nil` if there are none.
  package var weightBits: Int? { weights?.bits }
}

extension Program.RowEpilogue {
  fileprivate var suffix: String {
    switch self {
    case .store: ""
    case .accumulate, .scatter: " + residual"
    case .gelu: " + gelu"
    case .quantize: " + quantize"
    }
  }
}

extension Program.Epilogue {
  fileprivate var suffix: String {
    switch self {
    case .store: ""
    case .accumulate: " + residual"
    case .quantize: " + quantize"
    case .geluQuantize: " + gelu"
    }
  }
}
