import VitqFormat
import VitqGraph
import VitqTensor

/// A linear layer whose weights suit its quantizers.
struct LearnedLayer {
  var weight: Tensor
  /// One for each row.
  var quantizers: [UniformQuantizer]
  var bias: Tensor
}

/// How the weights of one layer after another are learned in closed form.
extension Calibration {
  /// The weight of a linear layer, its quantizers, and the bias that goes with them, given weight
  /// and bias as steps before changed them, and what the layer reads before and after its input's
  /// quantizer.
  mutating func learnedLayer(
    _ id: NodeID, weight: Tensor, bias: Tensor, inputs: [Tensor], quantizedInputs: [Tensor]
  ) throws(QuantizationError) -> LearnedLayer {
    let kept = try journal?.layer(
      id, weight: weight.shape, bias: bias.shape, name: source[source[id].operands[1]].name)
    if let kept {
      entries.append(kept.report)
      restoredCount = id.index + 1
      return kept.layer
    }
    let layer = try learn(
      id, weight: weight, bias: bias, inputs: inputs, quantizedInputs: quantizedInputs)
    if let report = entries.last { try journal?.keep(layer, report: report, of: id) }
    return layer
  }

  private mutating func learn(
    _ id: NodeID, weight: Tensor, bias: Tensor, inputs: [Tensor], quantizedInputs: [Tensor]
  ) throws(QuantizationError) -> LearnedLayer {
    let input = source[id].operands[0]
    func products() -> InputProducts {
      if let last = inputProducts, last.input == input { return last }
      return InputProducts(
        of: input, inputs: inputs, quantizedInputs: quantizedInputs,
        damping: recipe.roundingDamping, workers: batch.workers)
    }
    var layer: LearnedLayer
    switch recipe.learner {
    case .repq, .sardfq:
      layer = try withQuantizers(id, weight, bias)
    case .erq:
      inputProducts = products()
      layer = try roundedProgressively(id, weight, bias, products().statistics)
    case .gptq, .best:
      let found = products()
      inputProducts = found
      let fitted = RidgeRegression.updated(
        weight, found.statistics, strength: recipe.ridgeStrength)
      layer = try withQuantizers(id, fitted, bias)
      if let rounding = found.rounding {
        (layer.weight, layer.quantizers) = rounding.choose(
          fitted, quantizers: layer.quantizers, stepFactors: stepFactors, workers: batch.workers)
      }
    }
    if recipe.outputFit == .affine {
      let found = products()
      inputProducts = found
      let codes = LearnedLayer.values(layer)
      let factors = AffineCorrection.factors(
        weight: weight, rounded: codes, found.statistics)
      layer.quantizers = AffineCorrection.scaled(layer.quantizers, by: factors)
      layer.weight = AffineCorrection.scaled(codes, by: factors)
    }
    if recipe.outputFit != .none {
      let statistics = inputProducts?.input == input ? inputProducts?.statistics : nil
      layer.bias = BiasCorrection.corrected(
        bias, weight: weight, quantizers: layer.quantizers, rounded: layer.weight,
        inputMeans: statistics?.means ?? InputStatistics.means(inputs),
        quantizedInputMeans: statistics?.quantizedMeans ?? InputStatistics.means(quantizedInputs))
    }
    return layer
  }

  /// A row chooses its factor, so one scale for all rows has none.
  private var stepFactors: [Float] {
    recipe.weightScales == .perChannel ? recipe.stepFactors.map(Float.init) : [1]
  }

  /// A layer with the quantizers of least squared error.
  private mutating func withQuantizers(
    _ id: NodeID, _ weight: Tensor, _ bias: Tensor
  ) throws(QuantizationError) -> LearnedLayer {
    // Products of finite but huge values overflow, and with them what was fitted to them.
    try requireFinite(source[id].operands[1], constant: weight)
    try requireFinite(source[id].operands[2], constant: bias)
    let search = weightSearch(of: id)
    let choice = search.choose(weight, workers: batch.workers)
    try report(
      source[source[id].operands[1]].name, weights: choice.quantizers, weight,
      squaredError: choice.squaredError)
    return LearnedLayer(weight: weight, quantizers: choice.quantizers, bias: bias)
  }

  /// ERQ: fitted to quantized inputs, then rounded by halves.
  private mutating func roundedProgressively(
    _ id: NodeID, _ weight: Tensor, _ bias: Tensor, _ statistics: InputStatistics
  ) throws(QuantizationError) -> LearnedLayer {
    // λ is given for the products of 32 images; the classifier has its own (ERQ's code).
    let strength = isClassifier(id) ? min(0.1, recipe.ridgeStrength) : recipe.ridgeStrength
    let lambda = strength * Double(batch.count) / 32
    let fitted =
      ActivationErrorReduction.updated(
        weight: weight, bias: bias, statistics, lambda: lambda) ?? (weight, bias)
    var layer = try withQuantizers(id, fitted.weight, fitted.bias)
    let rounding = ProgressiveRounding(statistics.augmentedGram, lambda: lambda)
    if let rounded = try rounding.rounded(
      fitted.weight, bias: fitted.bias, quantizers: layer.quantizers, workers: batch.workers,
      isCancelled: isCancelled)
    {
      (layer.weight, layer.bias) = rounded
    }
    return layer
  }
}

extension LearnedLayer {
  /// The values of the codes of the weights.
  fileprivate static func values(_ layer: LearnedLayer) -> Tensor {
    let width = layer.weight.shape.width
    return Tensor(
      layer.weight.shape,
      layer.weight.elements.enumerated().map { i, x in
        let quantizer =
          layer.quantizers.count == 1 ? layer.quantizers[0] : layer.quantizers[i / width]
        return quantizer.value(of: quantizer.code(of: x))
      })
  }
}
