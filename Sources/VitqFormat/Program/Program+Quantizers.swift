extension Program.Instruction {
  /// What turns its results into codes; `nil` where they stay real or every row has its own.
  package var quantizer: UniformQuantizer? {
    switch self {
    case .linear(_, _, _, .quantize(let quantizer), _, _),
      .linear(_, _, _, .geluQuantize(let quantizer), _, _), .quantize(_, _, let quantizer, _):
      quantizer
    case .layerNorm(_, _, _, _, _, let quantizer, _): quantizer
    case .gatherNorm(let norm): norm.quantizer
    case .attention(let attention): attention.quantizer
    case .rescaleRows(let rescaling):
      if case .quantize(let quantizer) = rescaling.epilogue { quantizer } else { nil }
    default: nil
    }
  }

  /// The packed weights it multiplies with.
  package var weights: Program.Weights? {
    switch self {
    case .linear(_, _, let weights, _, _, _): weights
    case .scatterLinear(let linear): linear.weights
    default: nil
    }
  }
}
