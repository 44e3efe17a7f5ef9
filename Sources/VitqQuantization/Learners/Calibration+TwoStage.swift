import VitqFormat
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor

/// What the two stages of ``TwoStageLearner`` need of calibration.
extension Calibration {
  /// The codes of a normalisation's channels as the channels that its layers were trained on:
  /// x = (x′ + d) r.
  mutating func undoingRescaling(
    of id: NodeID, _ quantized: Value
  ) throws(QuantizationError) -> Value {
    guard let rescaling = deferredRescalings[selectedFrom(id)] else { return quantized }
    let name = source[id].name
    let (shifts, factors) = (rescaling.shiftTensor, rescaling.factorTensor)
    let shiftID = try add("\(name).shift", Constant(shifts))
    let factorID = try add("\(name).factor", Constant(factors))
    let shifted = try evaluate(Add(), [.values(quantized.tensors), .constant(shifts)])
    let shiftedID = try add("\(name).shifted", Add(), [quantized.id, shiftID])
    return Value(
      id: try add("\(name).unscaled", Multiply(), [shiftedID, factorID]),
      tensors: try evaluate(Multiply(), [.values(shifted), .constant(factors)]))
  }

  /// The graph of the second stage: channels brought to one quantizer, weights quantized.
  ///
  /// - Parameter graph: What this calibration gave, with other weights.
  /// - Returns: The same graph with a quantizer behind each weight.
  /// - Throws: ``QuantizationError``.
  mutating func quantizingWeights(of graph: Graph) throws(QuantizationError) -> Graph {
    do {
      return try quantizedWeights(of: graph)
    } catch let error as QuantizationError {
      throw error
    } catch let error as GraphError {
      throw .graph(error)
    } catch {
      preconditionFailure("an error of another type: \(error)")
    }
  }

  private mutating func quantizedWeights(of graph: Graph) throws -> Graph {
    var result = Graph()
    var image: [NodeID: NodeID] = [:]
    let layers = Dictionary(uniqueKeysWithValues: source.ids.map { (source[$0].name, $0) })
    for id in graph.ids {
      if isCancelled() { throw QuantizationError.cancelled }
      let node = graph[id]
      guard let layer = layers[node.name], var (weight, bias) = graph.linearConstants(id),
        let input = node.operands.first
      else {
        image[id] = try result.add(
          node.name, node.operation, node.operands.compactMap { image[$0] })
        continue
      }
      var codes = input
      if let rescaling = deferredRescalings[sourceOfCodes(layer)] {
        (weight, bias) = rescaling.rescaled(weight: weight, bias: bias)
        // The value before shift and factor were undone.
        codes = graph[graph[input].operands[0]].operands[0]
      }
      let choice = weightSearch(of: layer).choose(weight, workers: batch.workers)
      try report(
        "\(node.name).weight", weights: choice.quantizers, weight,
        squaredError: choice.squaredError)
      let w = try result.add("\(node.name).weight.folded", Constant(weight))
      let q = try result.add(
        "\(node.name).weight.quantized", FakeQuantize(choice.quantizers), [w])
      let b = try result.add("\(node.name).bias.folded", Constant(bias))
      image[id] = try result.add(
        node.name, Linear(), [image[codes], q, b].compactMap { $0 })
    }
    result.outputs = graph.outputs.compactMap { image[$0] }
    result.landmarks = graph.landmarks.compactMapValues { image[$0] }
    return try result.removingDeadNodes()
  }

  /// The value whose codes a layer reads.
  private func sourceOfCodes(_ layer: NodeID) -> NodeID {
    selectedFrom(source[layer].operands[0])
  }
}
