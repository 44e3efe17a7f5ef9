import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// What quantizes the values between layers.
extension Calibration {
  /// A value after its quantizer, which the first reader brings into being.
  mutating func quantized(_ id: NodeID) throws(QuantizationError) -> Value {
    if let value = quantizedValues[id.index] { return value }
    let value = try real(id)
    if isCoded[id.index] { return value }
    let role = role(of: id)
    let quantizer = try quantizer(for: id, role, value.tensors)
    try report(source[id].name, role, quantizer, value.tensors)
    let codes = Value(
      id: try add("\(source[id].name).quantized", quantizer.operation, [value.id]),
      tensors: try evaluate(quantizer.operation, [.values(value.tensors)]))
    let result = try undoingRescaling(of: id, codes)
    quantizedValues[id.index] = result
    return result
  }

  private func quantizer(
    for id: NodeID, _ role: QuantizerReport.Role, _ tensors: [Tensor]
  ) throws(QuantizationError) -> ActivationQuantizer {
    if role == .image {
      let bytes = UniformQuantizer(step: 1 / 255, zeroPoint: 0, minimumCode: 0, maximumCode: 255)
      return ActivationQuantizer(bytes, squaredError: 0)
    }
    try requireFinite(id, tensors)
    if recipe.activationScales == .perToken, role == .activation, isReadByLayersAlone(id) {
      return ActivationQuantizer(
        byRow: tensors, bits: activationBits(of: id), workers: batch.workers)
    }
    if let decided = decidedQuantizers[selectedFrom(id)] {
      let errors = batch.workers.map(tensors.count) {
        SquaredError(capacity: tensors[0].shape.elementCount)
      } body: { squaredError, i in
        tensors[i].withView { squaredError($0, decided) }
      }
      return ActivationQuantizer(decided, squaredError: errors.reduce(0, +))
    }
    return ActivationQuantizer.choose(
      tensors, codes: activationCodes(of: id, role), bits: activationBits(of: id),
      gridBits: gridBits(of: id), percentiles: recipe.percentiles,
      isCentred: role == .key || role == .value,
      workers: batch.workers)
  }

  /// Quantizes attention probabilities, in their logarithm if the recipe says so.
  mutating func visitSoftmax(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let x = try real(node.operands[0])
    try requireFinite(node.operands[0], x.tensors)
    let probabilities = try evaluate(Softmax(), [.values(x.tensors)])
    let codes = attentionCodes(of: id)
    let bits = activationBits(of: id)
    let isLogarithm = codes != .uniform
    if keepsFullPrecision { self.probabilities[id] = probabilities }
    let values = isLogarithm ? try evaluate(LogSoftmax(), [.values(x.tensors)]) : probabilities
    let valueID = try add(
      node.name, isLogarithm ? LogSoftmax() : Softmax() as any Operation, [x.id])
    self.values[id.index] = Value(id: valueID, tensors: values)

    let quantizer: ActivationQuantizer
    switch codes {
    case .uniform:
      let search = ActivationSearch(bits: bits, percentiles: recipe.percentiles)
      let choice = search.choose(probabilities, workers: batch.workers)
      quantizer = ActivationQuantizer(choice.quantizer, squaredError: choice.squaredError)
    case .log2 where bits <= 4, .logSqrt2 where bits <= 4:
      let search = AttentionSearch(
        stepsPerOctave: codes == .log2 ? 1 : 2, bits: bits, percentiles: recipe.percentiles)
      let choice = search.choose(
        logarithms: values, probabilities: probabilities, workers: batch.workers)
      quantizer = ActivationQuantizer(
        choice.quantizer, bits: search.bits, squaredError: choice.squaredError)
    case .log2, .logSqrt2, .adalog, .codebook:
      let search = AttentionTableSearch(bits: bits, codes: codes)
      let choice = search.choose(
        logarithms: values, probabilities: probabilities, workers: batch.workers)
      quantizer = ActivationQuantizer(
        choice.quantizer, bits: search.bits, squaredError: choice.squaredError)
    }
    try report(node.name, .attention, quantizer, probabilities)
    quantizedValues[id.index] = Value(
      id: try add("\(node.name).quantized", quantizer.operation, [valueID]),
      tensors: try evaluate(quantizer.operation, [.values(values)]))
  }

  /// Requires that a value is of numbers on every image.
  func requireFinite(_ id: NodeID, _ tensors: [Tensor]) throws(QuantizationError) {
    for (image, tensor) in tensors.enumerated() where !tensor.power.isFinite {
      throw .notFinite(node: source[id].name, image: image)
    }
  }

  /// Requires that a constant is of numbers.
  func requireFinite(_ id: NodeID, constant: Tensor) throws(QuantizationError) {
    guard constant.power.isFinite else { throw .notFinite(node: source[id].name, image: nil) }
  }

  private func isReadByLayersAlone(_ id: NodeID) -> Bool {
    source[id].shape.rank == 2 && users[id.index].allSatisfy { source[$0].operation is Linear }
  }

  /// What a value is to the nodes that read its codes.
  private func role(of id: NodeID) -> QuantizerReport.Role {
    if source[id].operation is Input { return .image }
    for split in users[id.index] where source[split].operation is SplitHeads {
      for product in users[split.index] {
        guard let matmul = source[product].operation as? MatMul else { continue }
        if source[product].operands[0] == split { return .query }
        return matmul.transposesRight ? .key : .value
      }
    }
    return .activation
  }
}

extension Tensor {
  /// The sum of squares; not finite where an element is not.
  var power: Double { withView { VectorKernels.current.dot($0, $0) } }
}
