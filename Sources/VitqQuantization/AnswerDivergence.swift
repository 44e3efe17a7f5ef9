import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

/// How far the answers of a quantized graph are from those of the graph that it came from: the mean
/// Kullback–Leibler divergence over images, in nats.
struct AnswerDivergence {
  let mean: Double
  /// The first image whose answer, of either graph, is infinite or not a number.
  let firstNotFinite: Int?

  /// Both graphs read the same `pixels`.
  init(
    of quantized: Graph, from full: Graph, pixels: [Tensor], workers: Workers
  ) throws(QuantizationError) {
    let expected = try Self.logits(full, pixels, workers)
    let found = try Self.logits(quantized, pixels, workers)
    let divergences = zip(expected, found).map { Divergence.kullbackLeibler($0, $1) }
    mean = divergences.reduce(0, +) / Double(pixels.count)
    firstNotFinite = divergences.firstIndex { !$0.isFinite }
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
