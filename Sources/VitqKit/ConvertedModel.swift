import VitqGraph
import VitqImage
import VitqPasses

/// What a conversion made, and how.
package struct ConvertedModel: Sendable {
  package var model: GraphModel
  /// What the importer decided that a user may want to know.
  package var notes: [String]
  /// What was rewritten on the way to the graph; empty for state dicts, which builders read.
  package var passes: [PassReport] = []

  /// What the passes before quantization would rewrite.
  package func passesBeforeQuantization() throws(KitError) -> [PassReport] {
    let preprocessing = model.preprocessing
    let pipeline = Pipeline.beforeQuantization(
      mean: preprocessing.mean, standardDeviation: preprocessing.standardDeviation)
    do throws(GraphError) {
      return try pipeline.run(on: model.graph).firings.map {
        PassReport(stage: .graph, pass: $0.pass, count: $0.count, reason: $0.reason)
      }
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
  }
}

/// How often a pass rewrote something.
package struct PassReport: Equatable, Sendable {
  package enum Stage: String, Sendable {
    /// From ONNX operators to vitq's, in `convert`.
    case onnx
    /// On the graph, in `quantize`.
    case graph
  }

  package let stage: Stage
  package let pass: String
  package let count: Int
  /// Why the pass runs, and why at its place.
  package let reason: String
}
