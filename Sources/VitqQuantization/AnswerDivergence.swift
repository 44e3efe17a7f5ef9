import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// How far the answers of a quantized graph are from those of the graph that it came from: the mean
/// Kullback–Leibler divergence over images, in nats.
struct AnswerDivergence {
  let mean: Double

  /// Both graphs read the same `pixels`.
  init(
    of quantized: Graph, from full: Graph, pixels: [Tensor], workers: Workers
  ) throws(QuantizationError) {
    let expected = try Self.logits(full, pixels, workers)
    let found = try Self.logits(quantized, pixels, workers)
    mean =
      zip(expected, found).reduce(0) { $0 + Divergence.kullbackLeibler($1.0, $1.1) }
      / Double(pixels.count)
  }

  private static func logits(
    _ graph: Graph, _ pixels: [Tensor], _ workers: Workers
  ) throws(QuantizationError) -> [[Float]] {
    guard let output = graph.outputs.first else { throw .noBlocks }
    let segment: GraphSegment
    do throws(GraphError) {
      segment = try GraphSegment(graph, from: nil, to: output)
    } catch {
      throw .graph(error)
    }
    return segment.outputs(for: pixels, workers: workers).map(\.elements)
  }
}
