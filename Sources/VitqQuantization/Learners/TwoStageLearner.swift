import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqTensor

/// SARDFQ's learner: I&S-ViT's strategy without its first, per-channel weights (arXiv:2311.10126,
/// section 4.3; method.md 5.1, 5.2).
///
/// 1. Activations are calibrated, those behind layer normalisations channel by channel. Part after
///    part learns, with full-precision weights, from the full-precision inputs and outputs of the
///    part.
/// 2. Channels are brought to one quantizer by scaling weights, which changes nothing, and weights
///    get quantizers. Part after part learns again, from what the quantized parts before give; the
///    target is the full-precision output.
///
/// Quantizers stay as they were calibrated. Gradients pass rounding unchanged.
struct TwoStageLearner {
  /// What a part learns with, and from.
  private enum Stage: Int, CaseIterable {
    /// From the full-precision inputs of the part.
    case fullPrecisionWeights
    /// From what the trained part before gives.
    case quantizedWeights
  }

  let recipe: QuantizationRecipe
  let workers: Workers
  /// Whether the caller wants no result any more; asked before each part, node and step.
  let isCancelled: @Sendable () -> Bool
  /// Where the parameters of trained parts are kept.
  let journal: AttemptJournal?
  /// The full-precision model, which reads pixels.
  let model: Graph
  let pixels: [Tensor]
  private let segments: GraphSegments

  init(
    _ model: Graph, recipe: QuantizationRecipe, pixels: [Tensor], workers: Workers,
    isCancelled: @escaping @Sendable () -> Bool, journal: AttemptJournal? = nil
  ) throws(QuantizationError) {
    self.journal = journal
    self.model = model
    self.recipe = recipe
    self.pixels = pixels
    self.workers = workers
    self.isCancelled = isCancelled
    segments = try GraphSegments(model)
  }

  /// Runs both stages and returns the quantized graph, what was chosen, and how losses fell.
  ///
  /// What the journal holds is told at once: until the first part is learned that is not there, the
  /// model is evaluated and calibrated.
  func run(
    progress: (QuantizationProgress) -> Void
  ) throws(QuantizationError) -> (graph: Graph, entries: [QuantizerReport], losses: [PartLosses]) {
    let total = Stage.allCases.count * segments.ends.count * recipe.iterations
    let restoredCount =
      (try journal?.keptSegmentCount(
        stages: Stage.allCases.count, segments: segments.ends.count) ?? 0) * recipe.iterations
    progress(QuantizationProgress(completed: restoredCount, total: total, restored: restoredCount))
    let targets = try targets()
    var calibration = Calibration(
      model, recipe: recipe, imageCount: pixels.count, workers: workers,
      isCancelled: isCancelled, quantizesWeights: false)
    var graph = try calibration.run(pixels: pixels) { _ in }
    func advance(_ stage: Stage, _ part: Int, _ step: Int, _ rise: PartRise?) {
      let completed = (stage.rawValue * segments.ends.count + part) * recipe.iterations + step
      guard completed > restoredCount || rise != nil else { return }
      progress(
        QuantizationProgress(
          completed: completed, total: total, restored: restoredCount, rise: rise))
    }
    var losses: [PartLosses] = []
    graph = try trained(graph, .fullPrecisionWeights, targets, &losses) {
      advance(.fullPrecisionWeights, $0, $1, $2)
    }
    let quantized = try calibration.quantizingWeights(of: graph)
    graph = try trained(quantized, .quantizedWeights, targets, &losses) {
      advance(.quantizedWeights, $0, $1, $2)
    }
    return (graph, calibration.entries, losses)
  }

  /// What each part gives in the full-precision model, for each image.
  private func targets() throws(QuantizationError) -> [[Tensor]] {
    var targets: [[Tensor]] = []
    for index in segments.ends.indices {
      if isCancelled() { throw .cancelled }
      targets.append(
        try Self.segment(index, segments, of: model)
          .outputs(for: targets.last ?? pixels, workers: workers))
    }
    return targets
  }

  /// A graph of the same parts as the model with each part trained in turn.
  private func trained(
    _ graph: Graph, _ stage: Stage, _ targets: [[Tensor]], _ losses: inout [PartLosses],
    progress: (_ part: Int, _ step: Int, _ rise: PartRise?) -> Void
  ) throws(QuantizationError) -> Graph {
    let parts = try GraphSegments(segments, of: model, in: graph)
    var values: [NodeID: Tensor] = [:]
    var stream = pixels
    for index in parts.ends.indices {
      let segment = try Self.segment(index, parts, of: graph)
      let (parameters, curve) = try learned(
        segment, stage, index: index, inputs: stream, targets: targets[index]
      ) { progress(index, $0, $1) }
      losses.append(
        PartLosses(
          node: segment.graph[segment.output].name, stage: stage.rawValue, losses: curve))
      for (id, value) in parameters { values[segment.origins[id.index]] = value }
      switch stage {
      case .fullPrecisionWeights: stream = targets[index]
      case .quantizedWeights:
        stream = try Self.replacing(parameters, in: segment)
          .outputs(for: stream, workers: workers)
      }
      FreedMemory.giveBack()
    }
    do throws(GraphError) {
      return try graph.replacingConstants(values)
    } catch {
      throw .graph(error)
    }
  }

  /// The trained parameters of a part and its losses; those that were kept, if they were.
  private func learned(
    _ segment: GraphSegment, _ stage: Stage, index: Int, inputs: [Tensor], targets: [Tensor],
    progress: (_ step: Int, _ rise: PartRise?) -> Void
  ) throws(QuantizationError) -> (parameters: [NodeID: Tensor], losses: [Double]) {
    func partRise(_ loss: LossRise?) -> PartRise? {
      let node = segment.graph[segment.output].name
      return loss.map { PartRise(node: node, stage: stage.rawValue, loss: $0) }
    }
    let ids = segment.graph.trainedParameters
    let kept = try journal?.segment(
      index, stage: stage.rawValue, ids.map { segment.graph[$0].shape },
      lossCount: recipe.iterations + 1)
    if let kept {
      if isCancelled() { throw .cancelled }
      progress(recipe.iterations, partRise(kept.rise))
      return (Dictionary(uniqueKeysWithValues: zip(ids, kept.parameters)), kept.losses)
    }
    let training = SegmentTraining(
      segment: segment, parameters: ids, iterations: recipe.iterations,
      learningRate: recipe.learningRate, workers: workers, isCancelled: isCancelled)
    let outcome = try training.run(inputs: inputs, targets: targets) { progress($0, nil) }
    if let rise = partRise(outcome.rise) { progress(recipe.iterations, rise) }
    try journal?.keep(
      AttemptJournal.TrainedSegment(
        parameters: ids.compactMap { outcome.parameters[$0] }, losses: outcome.losses,
        rise: outcome.rise),
      index, stage: stage.rawValue)
    return (outcome.parameters, outcome.losses)
  }

  private static func replacing(
    _ values: [NodeID: Tensor], in segment: GraphSegment
  ) throws(QuantizationError) -> GraphSegment {
    do throws(GraphError) {
      let graph = try segment.graph.replacingConstants(values)
      return try GraphSegment(graph, from: nil, to: segment.output)
    } catch {
      throw .graph(error)
    }
  }

  private static func segment(
    _ index: Int, _ segments: GraphSegments, of graph: Graph
  ) throws(QuantizationError) -> GraphSegment {
    do throws(GraphError) {
      return try segments.segment(index, of: graph)
    } catch {
      throw .graph(error)
    }
  }
}

extension Graph {
  /// The weights and biases of linear layers, and relative position biases.
  var trainedParameters: [NodeID] {
    var parameters = Set(relativeBiases.keys)
    for id in ids where self[id].operation is Linear {
      for operand in self[id].operands.dropFirst() {
        var source = operand
        if self[source].operation is FakeQuantize { source = self[source].operands[0] }
        if self[source].operation is Constant { parameters.insert(source) }
      }
    }
    return parameters.sorted { $0.index < $1.index }
  }
}
