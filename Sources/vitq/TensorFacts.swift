import VitqFormat

/// What a file says of its tensors beyond their bytes: of packed weights the matrix and its bits, of
/// modules the codes that they give.
struct TensorFacts {
  /// A tensor as the model has it.
  struct Tensor {
    let shape: [Int]
    /// Bits of an element.
    let bits: Int
    /// How its elements are quantized; empty if they are not.
    let quantizer: String
  }

  private var weights: [String: Program.Weights] = [:]
  /// The codes that a module gives, by its name.
  private(set) var results: [String: String] = [:]

  /// - Parameter program: What the file holds, or `nil` for a graph.
  init(_ program: Program?) {
    guard let program else { return }
    for (module, instruction) in zip(program.moduleNames(), program.instructions) {
      if let weights = instruction.weights { self.weights[weights.panels.name] = weights }
      switch instruction {
      case .codebook(_, _, let levels):
        results[module, default: ""] += ", nearest of \(levels.count)"
      case .lookUp(_, _, let table):
        results[module, default: ""] += ", table of \(Set(table).count)"
      case .quantizeRows(let quantization):
        results[module] = "\(quantization.bits) bits per-token"
      default:
        if let quantizer = instruction.quantizer { results[module] = quantizer.codes }
      }
    }
  }

  subscript(_ tensor: StoredTensor) -> Tensor {
    if let packed = weights[tensor.name] {
      let scaling = packed.zeroPoints == nil ? "scale" : "scale and zero point"
      return Tensor(
        shape: [packed.outputs, packed.inputs], bits: packed.bits,
        quantizer: "\(scaling) per output")
    }
    let elements = tensor.shape.reduce(1, *)
    let bits = elements > 0 ? tensor.range.count * 8 / elements : 0
    return Tensor(shape: tensor.shape, bits: bits, quantizer: "")
  }
}
