package import VitqAutodiff
import VitqGraph
import VitqQuantization
import VitqReporting
import VitqSynthesis
import VitqTensor

/// What a run will take, before it is started.
package struct RunEstimate: Sendable {
  /// Bytes of memory at the peak.
  package let byteCount: Int
  /// Seconds of the images; `nil` if nothing was timed.
  package let synthesisSeconds: Double?
  /// Seconds of calibration and learning; `nil` if nothing was timed.
  package let quantizationSeconds: Double?

  /// The program, its libraries and buffers of the system.
  private static let programByteCount = 80_000_000
  /// Evaluations of the model that calibrating with one image takes, and that the search of steps
  /// and the rounding of weights take whatever the images; measured on DeiT-Tiny.
  private static let evaluationsOfCalibration = (each: 10.0, fixed: 400.0)
  /// Steps that are timed of each thread, after as many.
  private static let timedSteps = 2

  /// Estimates a run.
  ///
  /// - Parameters:
  ///   - recipe: The run.
  ///   - model: The model.
  ///   - workers: Its threads.
  ///   - isTimed: Whether to time a few steps, which takes seconds.
  /// - Throws: ``KitError`` if images cannot be synthesised from the model.
  package init(
    of recipe: RunRecipe, on model: GraphModel, workers: Workers, isTimed: Bool
  ) throws(KitError) {
    let constants = ConstantPool(model.graph)
    byteCount = try Self.byteCount(of: recipe, on: model, constants, workers: workers)
    guard isTimed else {
      (synthesisSeconds, quantizationSeconds) = (nil, nil)
      return
    }
    synthesisSeconds = try Self.synthesisSeconds(of: recipe, on: model, workers: workers)
    let evaluation = Self.evaluationSeconds(of: model, constants, workers: workers)
    let evaluations = Self.evaluationsOfCalibration
    quantizationSeconds =
      evaluation
      * (evaluations.fixed + evaluations.each * Double(recipe.imageCount)
        + Self.learningEvaluations(of: recipe))
  }

  /// Calls of the model, each for one image, that learning by gradients takes.
  ///
  /// A step of a block reads a batch of all images; its gradient costs two more evaluations.
  private static func learningEvaluations(of recipe: RunRecipe) -> Double {
    guard recipe.quantization.learner == .sardfq else { return 0 }
    return Double(2 * recipe.quantization.iterations * 3 * min(recipe.imageCount, 32))
  }

  private static func byteCount(
    of recipe: RunRecipe, on model: GraphModel, _ constants: ConstantPool, workers: Workers
  ) throws(KitError) -> Int {
    let graph = model.graph
    let parameters = graph.nodes.reduce(0) { sum, node in
      node.operation is any GraphConstant ? sum + node.shape.elementCount : sum
    }
    let float = MemoryLayout<Float>.stride
    let images =
      recipe.imageCount * (graph.landmarks[.image].map { graph[$0].shape.elementCount } ?? 0)
    var synthesis = 0
    if recipe.optimized != nil {
      let parts: SynthesisModel
      do throws(SynthesisError) {
        parts = try SynthesisModel(graph)
      } catch {
        throw KitError(error)
      }
      let whole = Evaluator.plannedByteCount(
        graph, constants: constants, keeping: parts.attentions + [parts.logits],
        seeds: parts.attentions + [parts.logits], gradients: [parts.image])
      let part = Evaluator.plannedByteCount(
        graph, constants: constants, keeping: [parts.logits], seeds: [parts.logits],
        gradients: [parts.image])
      synthesis = workers.count * (whole + part) + 2 * parameters * float
    }
    // The graph, the prepared one, the quantized one and the packed weights.
    let calibration = (liveElements(of: graph) * recipe.imageCount + 4 * parameters) * float
    return programByteCount + max(synthesis, calibration) + 2 * images * float
  }

  /// The most elements of one image that are read later, over all places in the graph.
  ///
  /// Calibration keeps each value before and after its quantizer, and as full precision has it.
  private static func liveElements(of graph: Graph) -> Int {
    var lastReader = Array(repeating: 0, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      for operand in node.operands { lastReader[operand.index] = index }
    }
    var (live, peak) = (0, 0)
    for (index, node) in graph.nodes.enumerated() where !node.operands.isEmpty {
      live += node.shape.elementCount
      peak = max(peak, live)
      for operand in Set(node.operands)
      where lastReader[operand.index] == index && !graph[operand].operands.isEmpty {
        live -= graph[operand].shape.elementCount
      }
    }
    return 3 * peak
  }

  private static func synthesisSeconds(
    of recipe: RunRecipe, on model: GraphModel, workers: Workers
  ) throws(KitError) -> Double {
    guard let options = recipe.optimized else { return 0 }
    var trial = options
    trial.imageCount = workers.count
    func seconds(of steps: Int) throws(KitError) -> Double {
      trial.stepCount = steps
      let synthesizer = try CalibrationImages.synthesizer(of: trial, for: model)
      do throws(SynthesisError) {
        let start = ContinuousClock.now
        _ = try synthesizer.run(workers: workers)
        return (ContinuousClock.now - start).inSeconds
      } catch {
        throw KitError(error)
      }
    }
    let few = try seconds(of: timedSteps)
    let many = try seconds(of: 2 * timedSteps + 1)
    let step = max(many - few, 0) / Double(timedSteps + 1)
    let rounds = (options.imageCount + workers.count - 1) / workers.count
    return step * Double(options.stepCount * rounds)
  }

  /// Seconds of one evaluation of one image, shared by the threads.
  private static func evaluationSeconds(
    of model: GraphModel, _ constants: ConstantPool, workers: Workers
  ) -> Double {
    let logits = model.graph.landmarks[.logits] ?? model.graph.outputs[0]
    let evaluator = Evaluator(model.graph, constants: constants, keeping: [logits])
    evaluator.forward()
    let start = ContinuousClock.now
    evaluator.forward()
    return (ContinuousClock.now - start).inSeconds / Double(workers.count)
  }
}
