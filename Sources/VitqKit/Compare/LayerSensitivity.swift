package import VitqAutodiff
import VitqGraph
import VitqImage
import VitqOps
package import VitqQuantization
package import VitqReporting
import VitqTensor

/// What quantizing each layer alone does to the answers of a full-precision model.
package struct LayerSensitivity: Sendable {
  /// One layer, everything else in full precision.
  package struct Row: Sendable {
    package let name: String
    /// Mean KL(full precision ‖ layer quantized), in nats.
    package let divergence: Double
    /// Of the logits.
    package let logits: SignalError
    package let agreement: Proportion
    /// The weights of the layer; 0 for a product of activations.
    package let weightCount: Int
  }

  /// The most costly first.
  package let rows: [Row]
  package let imageCount: Int

  /// Measures every linear layer and every product of attention, quantized as the recipe does.
  ///
  /// Quantizers are chosen, and weights adapted, on the images themselves.
  ///
  /// - Parameters:
  ///   - model: The full-precision model.
  ///   - path: Where it came from.
  ///   - compared: The images; at least one.
  ///   - recipe: How layers are quantized; it need not say where images come from.
  ///   - workers: Threads; the result does not depend on their number.
  ///   - calibration: Called while quantizers are chosen.
  ///   - progress: Then called with the number of layers that are done, and of all.
  /// - Throws: ``KitError``.
  package init(
    of model: GraphModel, path: String, on compared: ComparedImages, recipe: RunRecipe,
    workers: Workers, calibration: (QuantizationProgress) -> Void,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(KitError) {
    try recipe.checkQuantization(of: model)
    let preprocessing = model.preprocessing
    let shape: Shape = [3, preprocessing.inputHeight, preprocessing.inputWidth]
    var pixels: [Tensor] = []
    for index in 0..<compared.count {
      pixels.append(Tensor(shape, try compared.crops(index, for: [preprocessing])[0].planes))
    }
    var rows: [Row] = []
    do throws(QuantizationError) {
      let layerwise = try LayerwiseQuantization(
        model.graph, mean: preprocessing.mean,
        standardDeviation: preprocessing.standardDeviation, pixels: pixels,
        recipe: recipe.quantization, workers: workers, progress: calibration)
      let reference = Self.logits(of: layerwise.reference, pixels, workers)
      for (index, layer) in layerwise.layers.enumerated() {
        let answers = Self.logits(
          of: try layerwise.graph(quantizing: layer), pixels, workers)
        rows.append(Self.row(layerwise.description(of: layer), reference, answers))
        progress(index + 1, layerwise.layers.count)
      }
    } catch {
      throw KitError(path, error, images: compared.paths)
    }
    self.rows = rows.sorted { ($1.divergence, $0.name) < ($0.divergence, $1.name) }
    imageCount = pixels.count
  }

  private static func row(
    _ layer: (name: String, weightCount: Int), _ reference: [Tensor], _ answers: [Tensor]
  ) -> Row {
    let pairs = zip(reference, answers).map { ($0.elements, $1.elements) }
    let same = pairs.filter { Divergence.argmax($0) == Divergence.argmax($1) }.count
    return Row(
      name: layer.name,
      divergence: pairs.reduce(0) { $0 + Divergence.kullbackLeibler($1.0, $1.1) }
        / Double(pairs.count),
      logits: pairs.reduce(SignalError()) { $0 + SignalError(reference: $1.0, $1.1) },
      agreement: Proportion(same, of: pairs.count), weightCount: layer.weightCount)
  }

  /// The answer of a graph, which reads pixels, to each image.
  private static func logits(
    of graph: Graph, _ pixels: [Tensor], _ workers: Workers
  ) -> [Tensor] {
    let constants = ConstantPool(graph)
    let input = graph.ids.first { graph[$0].operation is Input } ?? NodeID(index: 0)
    return workers.map(pixels.count) {
      Evaluator(graph, constants: constants, keeping: graph.outputs)
    } body: { evaluator, index in
      pixels[index].withView { evaluator.input(input).copy(from: $0) }
      evaluator.forward()
      return evaluator.value(graph.outputs[0]).tensor
    }
  }
}
