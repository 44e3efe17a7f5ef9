package import VitqAutodiff
package import VitqGraph
import VitqOps
import VitqPasses
package import VitqTensor

/// A model of which one layer at a time is quantized, each as a recipe quantizes it.
///
/// Every quantizer is chosen, and every layer adapted, on values in full precision: what layers
/// before lost shows in none. The learner `sardfq`, which adapts whole blocks, leaves weights here as
/// they are before their quantizers; of several rotations the first is taken.
package struct LayerwiseQuantization {
  /// The model with nothing quantized, in the form that is; reads pixels [3, H, W] in 0 … 1.
  package let reference: Graph
  /// The linear layers and products of attention of ``reference``.
  package let layers: [NodeID]
  private let calibration: Calibration

  /// Chooses the quantizers of all layers.
  ///
  /// - Parameters:
  ///   - graph: The model in full precision; it reads normalised images.
  ///   - mean: The mean that preprocessing subtracts from each channel, pixels in 0 … 1.
  ///   - standardDeviation: What it then divides by.
  ///   - pixels: Images [3, H, W] in 0 … 1; at least one.
  ///   - recipe: How layers are quantized.
  ///   - workers: Threads; the result does not depend on their number.
  ///   - progress: Called while quantizers are chosen.
  /// - Throws: ``QuantizationError``.
  package init(
    _ graph: Graph, mean: [Float], standardDeviation: [Float], pixels: [Tensor],
    recipe: QuantizationRecipe, workers: Workers, progress: (QuantizationProgress) -> Void
  ) throws(QuantizationError) {
    try recipe.validate()
    let prepared = try Quantizer.prepare(graph, mean, standardDeviation, recipe)
    var calibration = Calibration(
      prepared.graph, recipe: recipe, imageCount: pixels.count, workers: workers,
      isCancelled: { false }, keepsFullPrecision: true)
    _ = try calibration.run(pixels: pixels, progress: progress)
    self.calibration = calibration
    let source = calibration.source
    layers = source.ids.filter { source[$0].operation is Linear || source[$0].operation is MatMul }
    do throws(GraphError) {
      reference = try calibration.graph(quantizing: nil)
    } catch {
      throw .graph(error)
    }
  }

  /// The name of a layer, and how many weights it has.
  package func description(of layer: NodeID) -> (name: String, weightCount: Int) {
    let node = calibration.source[layer]
    let weight = calibration.linearConstants(layer)?.weight
    return (node.name, weight?.shape.elementCount ?? 0)
  }

  /// The model with one of ``layers`` quantized; reads what ``reference`` does.
  ///
  /// - Throws: ``QuantizationError``.
  package func graph(quantizing layer: NodeID) throws(QuantizationError) -> Graph {
    do throws(GraphError) {
      return try calibration.graph(quantizing: layer)
    } catch {
      throw .graph(error)
    }
  }
}

extension Calibration {
  /// The source after this calibration has run, with the quantizers of one layer and no other.
  fileprivate func graph(quantizing layer: NodeID?) throws(GraphError) -> Graph {
    var result = Graph()
    var image: [NodeID: NodeID] = [:]
    for id in source.ids where !(source[id].operation is Constant) {
      let node = source[id]
      let constants = try changedConstants(of: id, isQuantized: id == layer, to: &result)
      var operands: [NodeID] = []
      for operand in constants == nil ? node.operands : [node.operands[0]] {
        if image[operand] == nil {
          image[operand] = try result.add(source[operand].name, source[operand].operation)
        }
        operands.append(
          id == layer ? try addCodes(of: operand, image, to: &result) : image[operand] ?? operand)
      }
      image[id] = try result.add(node.name, node.operation, operands + (constants ?? []))
    }
    result.outputs = source.outputs.compactMap { image[$0] }
    result.landmarks = source.landmarks.compactMapValues { image[$0] }
    return try result.removingDeadNodes()
  }

  /// The value that the codes of a value stand for; the value itself if it got none.
  private func addCodes(
    of id: NodeID, _ image: [NodeID: NodeID], to result: inout Graph
  ) throws(GraphError) -> NodeID {
    let node = source[id]
    guard let real = image[id] else { preconditionFailure("\(node.name): read before it is made") }
    if isCoded[id.index] {
      let codes = try addCodes(of: node.operands[0], image, to: &result)
      return try result.add("\(node.name).codes", node.operation, [codes])
    }
    guard let quantized = quantizedValues[id.index]?.id else { return real }
    let quantizer = target[quantized]
    guard node.operation is Softmax, let value = values[id.index]?.id else {
      return try result.add(quantizer.name, quantizer.operation, [real])
    }
    let operands = node.operands.compactMap { image[$0] }
    let measured = try result.add("\(node.name).measured", target[value].operation, operands)
    return try result.add(quantizer.name, quantizer.operation, [measured])
  }

  /// The constants that calibration gave a normalisation or a linear layer, the latter's with its
  /// quantizers or as they were before it was adapted; `nil` for other nodes.
  private func changedConstants(
    of id: NodeID, isQuantized: Bool, to result: inout Graph
  ) throws(GraphError) -> [NodeID]? {
    let node = source[id]
    if node.operation is Linear, !isQuantized {
      guard let (weight, bias) = linearConstants(id) else { return nil }
      return [
        try result.add("\(node.name).weight", Constant(weight)),
        try result.add("\(node.name).bias", Constant(bias)),
      ]
    }
    guard node.operation is LayerNorm || linearConstants(id) != nil,
      let value = values[id.index]?.id
    else { return nil }
    var constants: [NodeID] = []
    for operand in target[value].operands.dropFirst() {
      constants.append(try add(operand, of: target, to: &result))
    }
    return constants
  }

  /// A constant of another graph, or one behind a quantizer.
  private func add(
    _ id: NodeID, of graph: Graph, to result: inout Graph
  ) throws(GraphError) -> NodeID {
    let node = graph[id]
    var operands: [NodeID] = []
    for operand in node.operands { operands.append(try add(operand, of: graph, to: &result)) }
    return try result.add(node.name, node.operation, operands)
  }
}
