package import VitqGraph
import VitqPasses

extension Graph {
  /// The model in the form that images are synthesised from: of the last block only the rows are
  /// computed that the classifier reads.
  ///
  /// Attention and its outputs keep all rows; landmarks of block outputs are gone, as no method
  /// reads them.
  ///
  /// - Throws: ``KitError`` if the graph cannot be rewritten.
  package func forSynthesis() throws(KitError) -> Graph {
    var graph = self
    for landmark in graph.landmarks.keys {
      if case .blockOutput = landmark { graph.landmarks[landmark] = nil }
    }
    do throws(GraphError) {
      return try SelectRowsEarly().run(on: graph)
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
  }
}
