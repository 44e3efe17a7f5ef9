import VitqAutodiff
package import VitqGraph
import VitqTensor

/// What ``TwoStageLearner`` has in memory while it trains one part of a model.
package struct TrainedPart: Sendable, Equatable {
  /// Of one of the groups of images that are summed in order: values, cotangents and sums of
  /// gradients.
  package let groupByteCount: Int
  /// Of the weights and biases.
  package let parameterByteCount: Int
  /// Of what the part gives for one image.
  package let outputByteCount: Int

  /// The most groups of images there are.
  package static var groupCount: Int { SegmentTraining.groupCount }

  /// The parts of a graph, in order.
  ///
  /// - Parameter graph: A model with quantizers at weights and activations.
  /// - Returns: One for each part that the learner trains.
  /// - Throws: ``QuantizationError`` if it has no such parts.
  package static func all(of graph: Graph) throws(QuantizationError) -> [TrainedPart] {
    let segments = try GraphSegments(graph)
    let float = MemoryLayout<Float>.stride
    var parts: [TrainedPart] = []
    for index in segments.ends.indices {
      let segment: GraphSegment
      do throws(GraphError) {
        segment = try segments.segment(index, of: graph)
      } catch {
        throw .graph(error)
      }
      let parameters = segment.graph.trainedParameters
      let planned = Evaluator.plannedByteCount(
        segment.graph, constants: ConstantPool(segment.graph), keeping: [segment.output],
        seeds: [segment.output], gradients: parameters)
      let parameterByteCount =
        float * parameters.reduce(0) { $0 + segment.graph[$1].shape.elementCount }
      parts.append(
        TrainedPart(
          groupByteCount: planned + parameterByteCount, parameterByteCount: parameterByteCount,
          outputByteCount: float * segment.graph[segment.output].shape.elementCount))
    }
    return parts
  }
}
