import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

extension Calibration {
  /// Quantizes the input and the weight of a linear layer, and corrects its bias.
  mutating func visitLinear(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let input = try quantized(node.operands[0])
    guard let (weight, bias) = linearConstants(id) else {
      let weight = try real(node.operands[1])
      let bias = try real(node.operands[2])
      let tensors = try evaluate(
        node.operation,
        [.values(input.tensors), .values(weight.tensors), .values(bias.tensors)])
      values[id.index] = Value(
        id: try add(node.name, node.operation, [input.id, weight.id, bias.id]), tensors: tensors)
      return
    }

    try requireFinite(node.operands[1], constant: weight)
    try requireFinite(node.operands[2], constant: bias)
    let inputs = try realTensors(node.operands[0])
    let isLearned = quantizesWeights
    let layer =
      isLearned
      ? try learnedLayer(
        id, weight: weight, bias: bias, inputs: inputs, quantizedInputs: input.tensors)
      : LearnedLayer(weight: weight, quantizers: [], bias: bias)
    let weightID = try add("\(node.name).weight", Constant(layer.weight))
    let quantize = FakeQuantize(layer.quantizers)
    let quantizedID =
      isLearned ? try add("\(node.name).weight.quantized", quantize, [weightID]) : weightID
    let biasID = try add("\(node.name).bias", Constant(layer.bias))
    let operands: [ImageBatch.Operand]
    if keepsFullPrecision {
      operands = [.values(inputs), .constant(weight), .constant(bias)]
    } else {
      operands = [
        .values(input.tensors),
        isLearned ? .derived(quantize, layer.weight) : .constant(layer.weight),
        .constant(layer.bias),
      ]
    }
    values[id.index] = Value(
      id: try add(node.name, node.operation, [input.id, quantizedID, biasID]),
      tensors: try evaluate(node.operation, operands))
  }

  /// Evaluates a layer normalisation, its channels rescaled if only linear layers read them.
  mutating func visitLayerNorm(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let x = try real(node.operands[0])
    guard var gamma = constant(node.operands[1]), var beta = constant(node.operands[2]) else {
      let gamma = try real(node.operands[1])
      let beta = try real(node.operands[2])
      let tensors = try evaluate(
        node.operation, [.values(x.tensors), .values(gamma.tensors), .values(beta.tensors)])
      values[id.index] = Value(
        id: try add(node.name, node.operation, [x.id, gamma.id, beta.id]), tensors: tensors)
      return
    }
    var tensors = try evaluate(
      node.operation, [.values(x.tensors), .constant(gamma), .constant(beta)])
    try requireFinite(id, tensors)
    if let layers = layersReadingOnly(id) {
      if rescalesChannels(of: id, readBy: layers) {
        let rescaling = ChannelRescaling(
          tensors,
          search: ActivationSearch(bits: activationBits(of: id), percentiles: recipe.percentiles),
          workers: batch.workers)
        (gamma, beta) = rescaling.rescaled(gamma: gamma, beta: beta)
        if quantizesWeights {
          replaceConstants(of: layers) { rescaling.rescaled(weight: $0, bias: $1) }
        } else {
          deferredRescalings[id] = rescaling
        }
        decidedQuantizers[id] = rescaling.quantizer
      } else if recipe.centresNormalizedChannels {
        let centring = ChannelCentring(tensors)
        beta = centring.centred(beta: beta)
        replaceConstants(of: layers) { ($0, centring.shifted(bias: $1, weight: $0)) }
      }
      tensors = try evaluate(
        node.operation, [.values(x.tensors), .constant(gamma), .constant(beta)])
    }
    let gammaID = try add("\(node.name).gamma", Constant(gamma))
    let betaID = try add("\(node.name).beta", Constant(beta))
    values[id.index] = Value(
      id: try add(node.name, node.operation, [x.id, gammaID, betaID]), tensors: tensors)
  }

  // MARK: Structure

  /// The weight and bias of a linear layer, as steps before changed them.
  func linearConstants(_ id: NodeID) -> (weight: Tensor, bias: Tensor)? {
    if let replaced = replacedConstants[id] { return (replaced[0], replaced[1]) }
    return source.linearConstants(id)
  }

  private mutating func replaceConstants(
    of layers: [NodeID], by change: (Tensor, Tensor) -> (weight: Tensor, bias: Tensor)
  ) {
    for layer in layers {
      guard let (weight, bias) = linearConstants(layer) else { continue }
      let changed = change(weight, bias)
      replacedConstants[layer] = [changed.weight, changed.bias]
    }
  }

  /// The linear layers with constants that read `id`, directly or in windows, if nothing else does.
  private func layersReadingOnly(_ id: NodeID) -> [NodeID]? {
    guard !source.outputs.contains(id), !users[id.index].isEmpty else { return nil }
    var layers: [NodeID] = []
    for user in users[id.index] {
      // Padding adds rows that a change of the channels would change too.
      if let partition = source[user].operation as? WindowPartition, !partition.grid.hasPadding {
        guard let found = layersReadingOnly(user) else { return nil }
        layers += found
      } else {
        guard source[user].operands[0] == id, linearConstants(user) != nil else { return nil }
        layers.append(user)
      }
    }
    return layers
  }
}
