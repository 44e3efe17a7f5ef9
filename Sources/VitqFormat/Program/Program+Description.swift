/// One line for each instruction, as `inspect --graph` prints it: `%target[rows] = operation %source
/// …`, buffers by index.
extension Program.Instruction: CustomStringConvertible {
  package var description: String {
    switch self {
    case .imagePatches(let side, let target): "\(target) = image_patches \(side) × \(side)"
    case .fill(let value, let type, let firstRow, let rows, let target):
      "\(target)[\(firstRow)..<\(firstRow + rows)] = fill \(value) \(type)"
    case .linear(let source, let rows, let weights, let epilogue, let target, let offset):
      "\(target)[\(rows.lowerBound + offset)..<\(rows.upperBound + offset)] "
        + (epilogue == .accumulate ? "+= " : "= ")
        + "linear \(source)[\(rows)] \(weights)\(epilogue)"
    case .layerNorm(let source, let rows, let gamma, _, _, let quantizer, let target):
      "\(target)[\(rows)] = layer_norm \(source) \(gamma)"
        + (quantizer.map { ", \($0.codes)" } ?? "")
    case .quantize(let source, let rows, let quantizer, let target):
      "\(target)[\(rows)] = quantize \(source), \(quantizer.codes)"
    case .codebook(let target, let rows, let levels):
      "\(target)[\(rows)] = nearest of \(levels.map(String.init).joined(separator: " "))"
    case .lookUp(let target, let rows, let table):
      "\(target)[\(rows)] = table of \(Set(table).count) codes"
    case .quantizeRows(let quantization): "\(quantization)"
    case .rescaleRows(let rescaling): "\(rescaling)"
    case .gatherNorm(let norm):
      "\(norm.target) = layer_norm \(norm.source) \(norm.gather) \(norm.gamma)"
        + (norm.quantizer.map { ", \($0.codes)" } ?? "")
    case .scatterLinear(let linear):
      "\(linear.target) += linear \(linear.source) from \(linear.grid) \(linear.weights)"
    case .attention(let attention): "\(attention)"
    case .mean(let source, let rows, let target): "\(target) = mean \(source)[\(rows)]"
    case .barrier: "barrier"
    }
  }
}

extension Program.BufferID: CustomStringConvertible {
  package var description: String { "%\(index)" }
}

extension Program.Constant: CustomStringConvertible {
  package var description: String { "'\(name)'" }
}

extension Program.Weights: CustomStringConvertible {
  package var description: String { "\(panels) \(outputs) × \(inputs), \(bits) bits" }
}

extension Program.Epilogue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .store, .accumulate: ""
    case .quantize(let quantizer): ", \(quantizer.codes)"
    case .geluQuantize(let quantizer): ", gelu, \(quantizer.codes)"
    }
  }
}

extension Program.WindowGrid: CustomStringConvertible {
  package var description: String {
    "windows \(windowHeight) × \(windowWidth) of \(height) × \(width)"
      + (shiftRows > 0 || shiftColumns > 0 ? " shifted by \(shiftRows), \(shiftColumns)" : "")
  }
}

extension Program.Gather: CustomStringConvertible {
  package var description: String {
    switch self {
    case .windows(let grid): "in \(grid)"
    case .neighbours(let height, let width): "four neighbours of \(height) × \(width)"
    }
  }
}

extension Program.Attention: CustomStringConvertible {
  package var description: String {
    var text = "\(target)[\(rows)] = attention \(queries) \(keys) \(values), "
    text += "\(heads) heads of \(headWidth)"
    if let windows {
      text += ", windows \(windows.height) × \(windows.width) \(windows.bias)"
      if windows.regions != nil { text += ", masked" }
    }
    switch probabilities {
    case .log(let quantizer): text += ", log \(quantizer.stepsPerOctave) per octave"
    case .uniform(let quantizer): text += ", uniform \(quantizer.codes)"
    case .table(let quantizer): text += ", table of \(quantizer.levels.count) levels"
    }
    return text + (quantizer.map { ", \($0.codes)" } ?? "")
  }
}

extension UniformQuantizer {
  /// `codes 0…15 step 0.25 zero 8`.
  package var codes: String {
    "codes \(minimumCode)…\(maximumCode) step \(step) zero \(zeroPoint)"
  }
}
