import VitqGraph
import VitqImage
import VitqOps
import VitqPasses
import VitqQuantization

extension RunRecipe {
  /// Checks that settings of quantization go together and suit the model, before any work.
  ///
  /// - Throws: ``KitError``, ``KitError/Kind/badConfiguration``.
  package func checkQuantization(of model: GraphModel) throws(KitError) {
    do throws(QuantizationError) {
      try quantization.validate()
    } catch {
      throw KitError(.badConfiguration, "quantization: \(error)")
    }
    try checkOverrides(on: model)
  }

  /// Every override is for a layer or a product of attention that the model has; the error names
  /// the pattern and the nearest name.
  private func checkOverrides(on model: GraphModel) throws(KitError) {
    // A graph that is quantized already is refused for that.
    guard !quantization.overrides.isEmpty, model.inputDomain == .normalized else { return }
    let names = try Self.layerNames(of: model)
    for override in quantization.overrides where !names.contains(where: { override.matches($0) }) {
      let hint =
        NearestName.of(override.pattern, among: names).map { "the nearest is '\($0)'" }
        ?? "expected one that matches a name such as '\(names.first ?? "")'"
      throw KitError(
        .badConfiguration,
        "quantization.overrides: no layer of the model matches '\(override.pattern)': \(hint)")
    }
  }

  /// The names that patterns are for, which the graph has once it is ready to be quantized.
  private static func layerNames(of model: GraphModel) throws(KitError) -> [String] {
    let pipeline = Pipeline.beforeQuantization(
      mean: model.preprocessing.mean, standardDeviation: model.preprocessing.standardDeviation)
    let graph: Graph
    do throws(GraphError) {
      graph = try pipeline.run(on: model.graph).graph
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
    return graph.nodes.filter { $0.operation is Linear || $0.operation is MatMul }.map(\.name)
  }
}
