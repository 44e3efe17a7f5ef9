import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How far the answers of a quantized graph are from those of the graph that it came from: the mean
/// Kullback–Leibler divergence Σ p (log p − log q) over images.
struct AnswerDivergence {
  let mean: Double

  /// Both graphs read the same `pixels`.
  init(
    of quantized: Graph, from full: Graph, pixels: [Tensor], workers: Workers
  ) throws(QuantizationError) {
    let expected = try Self.logProbabilities(full, pixels, workers)
    let found = try Self.logProbabilities(quantized, pixels, workers)
    let divergences = zip(expected, found).map { p, q in
      zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    mean = divergences.reduce(0, +) / Double(pixels.count)
  }

  private static func logProbabilities(
    _ graph: Graph, _ pixels: [Tensor], _ workers: Workers
  ) throws(QuantizationError) -> [[Double]] {
    guard let output = graph.outputs.first else { throw .noBlocks }
    let segment: GraphSegment
    do throws(GraphError) {
      segment = try GraphSegment(graph, from: nil, to: output)
    } catch {
      throw .graph(error)
    }
    return segment.outputs(for: pixels, workers: workers).map { logits in
      let values = logits.elements.map(Double.init)
      let largest = values.max() ?? 0
      let normaliser = log(values.reduce(0) { $0 + exp($1 - largest) }) + largest
      return values.map { $0 - normaliser }
    }
  }
}
