import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

extension Calibration {
  /// Quantizes the input and the weight of a linear layer, and corrects its bias.
  mutating func visitLinear(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let isEdge = recipe.keepsEdgesAt8Bits && (isEmbedding(id) || isClassifier(id))
    let input = try quantized(
      node.operands[0], bits: isEdge ? 8 : recipe.activationBits)
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

    let layer = try quantizedLayer(
      id, weight: weight, bias: bias, bits: isEdge ? 8 : recipe.weightBits,
      inputs: realTensors(node.operands[0]), quantizedInputs: input.tensors)
    let weightID = try add("\(node.name).weight", Constant(layer.weight))
    let quantizedID = try add("\(node.name).weight.quantized", layer.quantize, [weightID])
    let biasID = try add("\(node.name).bias", Constant(layer.bias))
    let tensors = try evaluate(
      node.operation,
      [.values(input.tensors), .derived(layer.quantize, layer.weight), .constant(layer.bias)])
    values[id.index] = Value(
      id: try add(node.name, node.operation, [input.id, quantizedID, biasID]), tensors: tensors)
  }

  /// The quantized weight of a linear layer, its quantizers, and the bias that goes with them.
  private mutating func quantizedLayer(
    _ id: NodeID, weight: Tensor, bias: Tensor, bits: Int, inputs: [Tensor],
    quantizedInputs: [Tensor]
  ) throws(QuantizationError) -> (weight: Tensor, quantize: FakeQuantize, bias: Tensor) {
    let workers = batch.workers
    let search = WeightSearch(bits: bits, codes: recipe.weightCodes)
    var fitted = weight
    var means = (InputStatistics.means(inputs), InputStatistics.means(quantizedInputs))
    var rounding: WeightRounding?
    if recipe.learner == .gptq || recipe.learner == .best {
      let statistics = InputStatistics(
        inputs: inputs, quantizedInputs: quantizedInputs, workers: workers)
      means = (statistics.means, statistics.quantizedMeans)
      fitted = RidgeRegression.updated(weight, statistics, strength: recipe.ridgeStrength)
      rounding = WeightRounding(statistics.gram, damping: recipe.roundingDamping)
    }
    let choice = search.choose(fitted, workers: workers)
    try report(
      source[source[id].operands[1]].name, .weight, quantizers: choice.quantizers, [fitted],
      squaredError: choice.squaredError)
    let quantize = FakeQuantize(choice.quantizers)
    let rounded =
      rounding?.rounded(fitted, quantizers: choice.quantizers, workers: workers) ?? fitted
    guard recipe.outputFit != .none else { return (rounded, quantize, bias) }
    let corrected = BiasCorrection.corrected(
      bias, weight: weight, quantizers: choice.quantizers, rounded: rounded,
      inputMeans: means.0, quantizedInputMeans: means.1)
    return (rounded, quantize, corrected)
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
    if recipe.rescalesNormalizedChannels, let layers = layersReadingOnly(id) {
      let search = ActivationSearch(bits: recipe.activationBits, percentiles: recipe.percentiles)
      let rescaling = ChannelRescaling(tensors, search: search, workers: batch.workers)
      (gamma, beta) = rescaling.rescaled(gamma: gamma, beta: beta)
      for layer in layers {
        guard let (weight, bias) = linearConstants(layer) else { continue }
        let rescaled = rescaling.rescaled(weight: weight, bias: bias)
        replacedConstants[layer] = [rescaled.weight, rescaled.bias]
      }
      decidedQuantizers[id] = rescaling.quantizer
      tensors = try evaluate(
        node.operation, [.values(x.tensors), .constant(gamma), .constant(beta)])
    }
    let gammaID = try add("\(node.name).gamma", Constant(gamma))
    let betaID = try add("\(node.name).beta", Constant(beta))
    values[id.index] = Value(
      id: try add(node.name, node.operation, [x.id, gammaID, betaID]), tensors: tensors)
  }

  /// Quantizes attention probabilities, in their logarithm if the recipe says so.
  mutating func visitSoftmax(_ id: NodeID) throws(QuantizationError) {
    let node = source[id]
    let x = try real(node.operands[0])
    let probabilities = try evaluate(Softmax(), [.values(x.tensors)])
    let stepsPerOctave: Int
    switch recipe.attentionCodes {
    case .uniform:
      values[id.index] = Value(id: try add(node.name, Softmax(), [x.id]), tensors: probabilities)
      let search = ActivationSearch(bits: recipe.activationBits, percentiles: recipe.percentiles)
      let choice = search.choose(probabilities, workers: batch.workers)
      let quantize = FakeQuantize([choice.quantizer])
      try report(
        node.name, .attention, quantizer: choice.quantizer, probabilities,
        squaredError: choice.squaredError)
      quantizedValues[id.index] = Value(
        id: try add("\(node.name).quantized", quantize, [values[id.index]?.id ?? x.id]),
        tensors: try evaluate(quantize, [.values(probabilities)]))
      return
    case .log2, .adalog, .codebook: stepsPerOctave = 1
    case .logSqrt2: stepsPerOctave = 2
    }
    let logarithms = try evaluate(LogSoftmax(), [.values(x.tensors)])
    let logarithmID = try add(node.name, LogSoftmax(), [x.id])
    values[id.index] = Value(id: logarithmID, tensors: logarithms)
    let search = AttentionSearch(
      stepsPerOctave: stepsPerOctave, bits: min(recipe.activationBits, 4),
      percentiles: recipe.percentiles)
    let choice = search.choose(
      logarithms: logarithms, probabilities: probabilities, workers: batch.workers)
    let quantize = FakeQuantizeLog(choice.quantizer)
    try report(
      node.name, logQuantizer: choice.quantizer, bits: search.bits, probabilities,
      squaredError: choice.squaredError)
    quantizedValues[id.index] = Value(
      id: try add("\(node.name).quantized", quantize, [logarithmID]),
      tensors: try evaluate(quantize, [.values(logarithms)]))
  }

  // MARK: Structure

  /// The weight and bias of a linear layer, as steps before changed them.
  func linearConstants(_ id: NodeID) -> (weight: Tensor, bias: Tensor)? {
    if let replaced = replacedConstants[id] { return (replaced[0], replaced[1]) }
    let node = source[id]
    guard node.operation is Linear, let weight = constant(node.operands[1]),
      let bias = constant(node.operands[2])
    else { return nil }
    return (weight, bias)
  }

  /// The linear layers with constants that read `id`, if nothing else does.
  private func layersReadingOnly(_ id: NodeID) -> [NodeID]? {
    let layers = users[id.index]
    let areAll = layers.allSatisfy { source[$0].operands[0] == id && linearConstants($0) != nil }
    return areAll && !layers.isEmpty && !source.outputs.contains(id) ? layers : nil
  }

  /// The values that a linear layer would read without a quantizer.
  private mutating func realTensors(_ id: NodeID) throws(QuantizationError) -> [Tensor] {
    try real(id).tensors
  }

  private func isEmbedding(_ id: NodeID) -> Bool {
    source[source[id].operands[0]].operation is ImagePatches
  }

  /// Whether the layer's result is the output, or a term of it.
  private func isClassifier(_ id: NodeID) -> Bool {
    if source.outputs.contains(id) { return true }
    let readers = users[id.index]
    return !readers.isEmpty
      && readers.allSatisfy { source[$0].operation is Add && source.outputs.contains($0) }
  }
}
