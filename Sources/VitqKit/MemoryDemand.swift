package import VitqAutodiff
package import VitqGraph
import VitqOps
import VitqQuantization
import VitqSynthesis
import VitqTensor

/// The bytes that a run has in memory at its peak, by what they are.
///
/// Sizes follow from the graph. Those of the quantized network are taken from PSAQ-ViT's student,
/// which has quantizers in the same places. Shares without a reason in the code were measured on
/// DeiT-Tiny.
package struct MemoryDemand: Sendable {
  /// The program, its libraries and buffers of the system.
  private static let programByteCount = 50_000_000
  /// Weights of graphs at once while layers are calibrated: of the model, of the prepared graph, of
  /// the quantized one, and the packed ones with what is being packed.
  private static let weightCopies = 3.5
  /// Values of an image at once: before and after a quantizer.
  private static let valueCopies = 2
  /// Bytes for each element of the products of a layer's inputs: two sums in double precision, one
  /// factorised, its inverse, and both in single precision.
  private static let productByteCount = 56

  private let graph: Graph
  private let recipe: RunRecipe
  private let workers: Workers
  private let parameterByteCount: Int
  private let imageByteCount: Int

  package init(of recipe: RunRecipe, on graph: Graph, workers: Workers) {
    self.graph = graph
    self.recipe = recipe
    self.workers = workers
    parameterByteCount = Self.byteCount(
      graph.nodes.reduce(0) { sum, node in
        node.operation is any GraphConstant ? sum + node.shape.elementCount : sum
      })
    imageByteCount = Self.byteCount(
      graph.landmarks[.image].map { graph[$0].shape.elementCount } ?? 0)
  }

  /// What all phases of a run share that has some images.
  private func common(images: Int) -> Int { Self.programByteCount + 2 * images * imageByteCount }

  // MARK: Images

  /// The peak while images are made; 0 if they are not optimised.
  ///
  /// - Parameter images: How many of the run's are made; all if `nil`.
  /// - Returns: Bytes.
  /// - Throws: ``KitError`` if images cannot be synthesised from the model.
  package func synthesis(images: Int? = nil) throws(KitError) -> Int {
    let imageCount = images ?? recipe.imageCount
    guard let options = recipe.optimized, imageCount > 0 else { return 0 }
    let parts = try Self.parts(of: graph)
    let constants = ConstantPool(graph)
    let observed = parts.attentions + parts.attentionOutputs + [parts.logits]
    let whole = Evaluator.plannedByteCount(
      graph, constants: constants, keeping: observed, seeds: observed, gradients: [parts.image])
    let part = Evaluator.plannedByteCount(
      graph, constants: constants, keeping: [parts.logits], seeds: [parts.logits],
      gradients: [parts.image])
    // Constants in BF16, for products in both directions.
    let packed = options.products == .bf16 ? parameterByteCount : 0
    guard options.method == .psaqV2 else {
      // Parts of the image have an evaluator of their own, fewer tokens several small ones, terms
      // of similarity about as much; dense SMI has none of them.
      let terms = options.method == .smiDense ? 0 : part
      // The graph and the pool of its constants.
      return common(images: imageCount) + workers.count * (whole + terms)
        + 2 * parameterByteCount + packed
    }
    return try game(whole: whole, part: part) + packed
  }

  /// The peak of ``AdaptiveGame``: when images play, or when the student learns.
  private func game(whole: Int, part: Int) throws(KitError) -> Int {
    let student = try student()
    let model = try Self.parts(of: student.graph)
    let constants = ConstantPool(student.graph)
    func evaluator(gradients: [NodeID]) -> Int {
      Evaluator.plannedByteCount(
        student.graph, constants: constants, keeping: [model.logits], seeds: [model.logits],
        gradients: gradients)
    }
    let learned = Self.byteCount(
      student.weights.reduce(0) { $0 + student.graph[$1].shape.elementCount })
    // Weights with both moments, before and after the cycle; the student's constants, its weights
    // quantized too; the model's graph and constants.
    let held =
      common(images: recipe.imageCount) + 6 * learned + 2 * learned + 3 * parameterByteCount
    let images = workers.count * (whole + evaluator(gradients: [model.image]))
    let groups = min(AdaptiveGame.groupCount, recipe.imageCount)
    // Sums of gradients for each group of images, and their total.
    let learning =
      (groups + 1) * learned + workers.count * (part + evaluator(gradients: student.weights))
    return held + max(images, learning)
  }

  private static func parts(of graph: Graph) throws(KitError) -> SynthesisModel {
    do throws(SynthesisError) {
      return try SynthesisModel(graph)
    } catch {
      throw KitError(error)
    }
  }

  /// The model with quantizers.
  private func student() throws(KitError) -> QuantizedStudent {
    do throws(GraphError) {
      let plain = try QuantizedStudent(graph, StudentOptions())
      return try QuantizedStudent(
        graph, StudentOptions(),
        ranges: Array(repeating: -1...1, count: plain.activations.count))
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
  }

  // MARK: Quantization

  /// The peak while the model is calibrated and learned.
  ///
  /// - Throws: ``KitError`` if the learner has no use for the model.
  package func quantization() throws(KitError) -> Int {
    let values = Self.byteCount(Self.valueCopies * liveElements)
    let calibration =
      common(images: recipe.imageCount)
      + Int(Self.weightCopies * Double(parameterByteCount))
      + (recipe.imageCount + workers.count) * values
    switch recipe.quantization.learner {
    case .repq:
      return recipe.quantization.outputFit == .affine ? calibration + products : calibration
    case .gptq, .best: return calibration + products
    // Attention probabilities go on beside their logarithms, and halves of the products are
    // inverted.
    case .erq: return calibration + products + productElements * 2 * MemoryLayout<Double>.stride
    case .sardfq: return calibration + (try training())
    }
  }

  /// The products of the inputs of the layer that reads the most values.
  private var products: Int {
    // Sums of x̂ x̂ᵀ and of x x̂ᵀ for each group of images.
    let groups = min(InputStatistics.groupCount, recipe.imageCount)
    return productElements * (Self.productByteCount + groups * 2 * MemoryLayout<Float>.stride)
  }

  private var productElements: Int {
    let widest =
      graph.nodes.filter { $0.operation is Linear }.map { node in
        graph[node.operands[1]].shape.width
      }.max() ?? 0
    return (widest + 1) * (widest + 1)
  }

  /// What training in two stages takes beside calibration.
  private func training() throws(KitError) -> Int {
    let quantized = try student().graph
    let parts: [TrainedPart]
    do throws(QuantizationError) {
      parts = try TrainedPart.all(of: quantized)
    } catch {
      throw KitError(.malformedInput, "\(error)")
    }
    let groups = min(TrainedPart.groupCount, recipe.imageCount)
    // The parameters, the best ones, both moments, the sum of gradients, the pool, and a state of the
    // journal.
    let largest = parts.map { groups * $0.groupByteCount + 8 * $0.parameterByteCount }.max() ?? 0
    // Targets of all parts, and what the part before gives.
    let targets =
      parts.reduce(0) { $0 + $1.outputByteCount }
      + 2 * (parts.map(\.outputByteCount).max() ?? 0)
    return largest + recipe.imageCount * targets
  }

  /// The most elements of one image that are read later, over all places in the graph.
  private var liveElements: Int {
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
    return peak
  }

  private static func byteCount(_ elementCount: Int) -> Int {
    elementCount * MemoryLayout<Float>.stride
  }
}
