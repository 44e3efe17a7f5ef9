package import VitqAutodiff
package import VitqGraph
import VitqOps
import VitqPasses
package import VitqTensor

/// Quantizes a model on calibration images, real or synthetic.
package enum Quantizer {
  /// Inserts quantizers into a full-precision graph.
  ///
  /// - Parameters:
  ///   - graph: A model that reads the normalised image.
  ///   - mean: What preprocessing subtracts from each channel, pixels in 0 … 1.
  ///   - standardDeviation: What it then divides by.
  ///   - images: Normalised images [3, H, W]; pixels outside 0 … 1 are clamped.
  ///   - recipe: Bits and methods.
  ///   - workers: Threads; results do not depend on their number.
  ///   - isCancelled: Asked between nodes, iterations and rotations, from any of the threads; once
  ///     it says yes, the call throws ``QuantizationError/cancelled``.
  ///   - journal: Where what takes long is kept, and found if an earlier run kept it.
  ///   - progress: Called after each node of the graph, or each step of training of `sardfq`.
  /// - Returns: The graph, which reads pixels, and what was chosen.
  /// - Throws: ``QuantizationError``.
  package static func quantize(
    _ graph: Graph, mean: [Float], standardDeviation: [Float], images: [Tensor],
    recipe: QuantizationRecipe, workers: Workers,
    isCancelled: @escaping @Sendable () -> Bool = { false }, journal: LearnerJournal? = nil,
    progress: (QuantizationProgress) -> Void = { _ in }
  ) throws(QuantizationError) -> QuantizedGraph {
    try recipe.validate()
    guard !images.isEmpty else { throw .noImages }
    guard let input = graph.nodes.first(where: { $0.operation is Input }),
      graph.nodes.contains(where: { $0.operation is ImagePatches })
    else { throw .noPatchEmbedding }
    for (index, image) in images.enumerated() where image.shape != input.shape {
      throw .imageShape(index: index, expected: input.shape, found: image.shape)
    }

    let pixels = images.map {
      Self.pixels(of: $0, mean: mean, standardDeviation: standardDeviation)
    }
    let candidates = recipe.attemptCount
    var restored = 0
    var best: (quantized: QuantizedGraph, divergence: Double)?
    var notFinite: Int?
    for candidate in 0..<candidates {
      if isCancelled() { throw .cancelled }
      var attempt = recipe
      attempt.seed = recipe.seed &+ UInt64(candidate) &* 0x9E37_79B9_7F4A_7C15
      let prepared = try Self.prepare(graph, mean, standardDeviation, attempt)
      let attemptJournal = journal.map { AttemptJournal(journal: $0, attempt: candidate) }
      let quantized = try Self.quantize(
        prepared, pixels, attempt, workers, isCancelled, attemptJournal
      ) { part in
        let before = candidate * part.total
        if part.restored > 0 { restored = before + part.restored }
        progress(
          QuantizationProgress(
            completed: before + part.completed, total: candidates * part.total, restored: restored,
            rise: part.rise))
      }
      guard candidates > 1 else { return quantized }
      let divergence = try AnswerDivergence(
        of: quantized.graph, from: prepared.graph, pixels: pixels, workers: workers)
      notFinite = notFinite ?? divergence.firstNotFinite
      if divergence.mean < best?.divergence ?? .infinity { best = (quantized, divergence.mean) }
    }
    guard let best else { throw .notFinite(node: "logits", image: notFinite) }
    return best.quantized
  }

  /// The graph in the form that is quantized.
  static func prepare(
    _ graph: Graph, _ mean: [Float], _ standardDeviation: [Float], _ recipe: QuantizationRecipe
  ) throws(QuantizationError) -> (graph: Graph, firings: [PassFiring]) {
    var pipeline = Pipeline.beforeQuantization(
      mean: mean, standardDeviation: standardDeviation,
      rotations: Pipeline.rotations(
        recipe.rotation, turnsHeads: recipe.rotatesHeads, seed: recipe.seed))
    pipeline.steps.append(
      Pipeline.Step(
        RoundPositions(), reason: "behind rotations, which turn them; halves their bytes"))
    let prepared: (graph: Graph, firings: [PassFiring])
    do throws(GraphError) {
      prepared = try pipeline.run(on: graph)
    } catch {
      throw .graph(error)
    }
    guard prepared.firings.contains(where: { $0.pass == "fold-normalization" && $0.count == 1 })
    else { throw .noPatchEmbedding }
    return prepared
  }

  private static func quantize(
    _ prepared: (graph: Graph, firings: [PassFiring]), _ pixels: [Tensor],
    _ recipe: QuantizationRecipe, _ workers: Workers,
    _ isCancelled: @escaping @Sendable () -> Bool, _ journal: AttemptJournal?,
    progress: (QuantizationProgress) -> Void
  ) throws(QuantizationError) -> QuantizedGraph {
    if recipe.learner == .sardfq {
      let learner = try TwoStageLearner(
        prepared.graph, recipe: recipe, pixels: pixels, workers: workers,
        isCancelled: isCancelled, journal: journal)
      let learned = try learner.run(progress: progress)
      return QuantizedGraph(
        graph: learned.graph, firings: prepared.firings, entries: learned.entries,
        losses: learned.losses)
    }
    var calibration = Calibration(
      prepared.graph, recipe: recipe, imageCount: pixels.count, workers: workers,
      isCancelled: isCancelled, journal: journal)
    let quantized = try calibration.run(pixels: pixels, progress: progress)
    return QuantizedGraph(
      graph: quantized, firings: prepared.firings, entries: calibration.entries)
  }

  /// Pixels in 0 … 1 of a normalised image.
  package static func pixels(
    of image: Tensor, mean: [Float], standardDeviation: [Float]
  ) -> Tensor {
    let channelCount = image.shape.elementCount / image.shape[0]
    return Tensor(
      image.shape,
      image.elements.enumerated().map { i, x in
        let c = i / channelCount
        return min(max(mean[c].addingProduct(x, standardDeviation[c]), 0), 1)
      })
  }
}
