import VitqFormat

extension Program.Instruction {
  /// The same instruction on other buffers.
  func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    switch self {
    case .imagePatches(let side, let target): .imagePatches(side: side, target: map(target))
    case .fill(let value, let type, let firstRow, let rows, let target):
      .fill(value: value, type: type, firstRow: firstRow, rows: rows, target: map(target))
    case .linear(let source, let rows, let weights, let epilogue, let target, let offset):
      .linear(
        source: map(source), rows: rows, weights: weights, epilogue: epilogue,
        target: map(target), targetOffset: offset)
    case .layerNorm(let source, let rows, let gamma, let beta, let epsilon, let quantizer, let y):
      .layerNorm(
        source: map(source), rows: rows, gamma: gamma, beta: beta, epsilon: epsilon,
        quantizer: quantizer, target: map(y))
    case .quantize(let source, let rows, let quantizer, let target):
      .quantize(source: map(source), rows: rows, quantizer: quantizer, target: map(target))
    case .codebook(let target, let rows, let levels):
      .codebook(target: map(target), rows: rows, levels: levels)
    case .lookUp(let target, let rows, let table):
      .lookUp(target: map(target), rows: rows, table: table)
    case .quantizeRows(let quantization): .quantizeRows(quantization.mappingBuffers(map))
    case .rescaleRows(let rescaling): .rescaleRows(rescaling.mappingBuffers(map))
    case .gatherNorm(let norm): .gatherNorm(norm.mappingBuffers(map))
    case .scatterLinear(let linear): .scatterLinear(linear.mappingBuffers(map))
    case .attention(let attention): .attention(attention.mappingBuffers(map))
    case .mean(let source, let rows, let target):
      .mean(source: map(source), rows: rows, target: map(target))
    case .barrier: .barrier
    }
  }
}

extension Program.RowQuantization {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.source = map(source)
    result.target = map(target)
    result.scales = map(scales)
    return result
  }
}

extension Program.RowRescaling {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.source = map(source)
    result.scales = map(scales)
    result.target = map(target)
    return result
  }
}

extension Program.GatherNorm {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.source = map(source)
    result.target = map(target)
    return result
  }
}

extension Program.ScatterLinear {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.source = map(source)
    result.target = map(target)
    return result
  }
}

extension Program.Attention {
  fileprivate func mappingBuffers(_ map: (Program.BufferID) -> Program.BufferID) -> Self {
    var result = self
    result.queries = map(queries)
    result.keys = map(keys)
    result.values = map(values)
    result.target = map(target)
    return result
  }
}
