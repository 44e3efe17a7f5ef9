import VitqAutodiff
import VitqFormat
import VitqGraph
package import VitqImage
import VitqOps
package import VitqRuntime
import VitqTensor

/// A model that answers, full precision or packed; one runner of it for each thread.
package struct Classifier: Sendable {
  private enum Body: Sendable {
    case graph(GraphModel, ConstantPool)
    case program(Model)
  }

  /// Where the model came from.
  package let path: String
  package let preprocessing: Preprocessing
  package let labels: [String]
  package let classCount: Int
  /// How it was quantized, as YAML; `nil` for full precision.
  let recipe: String?
  private let body: Body

  /// Opens a `.vitq` file of either kind.
  package init(path: String) throws(KitError) {
    let file = try ModelFile.open(path)
    self.path = path
    recipe = file.header.recipe
    switch file.header.kind {
    case .graph:
      let model = try GraphModel(file, path: path)
      preprocessing = model.preprocessing
      labels = model.labels.map { $0.description ?? $0.name }
      classCount = model.classCount
      body = .graph(
        model, ConstantPool(model.graph, arithmetic: model.isQuantized ? .integer : .real))
    case .program:
      let model: Model
      do throws(RuntimeError) {
        model = try Model(file)
      } catch {
        throw KitError(path, error)
      }
      preprocessing = try GraphModel.preprocessing(of: file, path: path)
      labels = model.labels
      classCount = model.classCount
      body = .program(model)
    }
  }

  /// Whether the packed runtime executes it.
  package var isPacked: Bool {
    if case .program = body { true } else { false }
  }

  /// Whether it is a graph that was not quantized.
  var isFullPrecision: Bool {
    guard let graphModel else { return false }
    return recipe == nil && !graphModel.isQuantized && graphModel.inputDomain == .normalized
  }

  /// The graph, of a model that is one.
  var graphModel: GraphModel? {
    if case .graph(let model, _) = body { model } else { nil }
  }

  /// The model of the packed runtime, of a model that is one.
  var packedModel: Model? {
    if case .program(let model) = body { model } else { nil }
  }

  /// What runs the model on one thread of the caller's.
  ///
  /// - Parameter threads: Threads that share one image; only the packed runtime has use for them.
  /// - Returns: A runner with memory of its own.
  /// - Throws: ``KitError``.
  package func runner(threads: Int = 1) throws(KitError) -> ClassifierRunner {
    switch body {
    case .graph(let model, let constants):
      return ClassifierRunner(graph: GraphRunner(model, constants))
    case .program(let model):
      do throws(RuntimeError) {
        return ClassifierRunner(session: try Session(model, threads: threads))
      } catch {
        throw KitError(path, error)
      }
    }
  }

  /// Refuses logits of an image that are not all finite.
  func check(_ logits: [Float], of image: String) throws(KitError) {
    guard logits.allSatisfy(\.isFinite) else {
      throw KitError(.selfCheckFailed, "\(path): a logit of \(image) is not finite")
    }
  }

  /// The tokens of the last block that a packed model computes, of all, for reports.
  package var lastBlock: String? {
    guard case .program(let model) = body, let rows = model.lastBlockRows else { return nil }
    return "\(rows.computed) of \(rows.total)"
  }

  /// Whether each token has scales of its own for what layers read.
  package var hasTokenScales: Bool {
    switch body {
    case .graph(let model, _): model.graph.nodes.contains { $0.operation is FakeQuantizeRows }
    case .program(let model): model.hasTokenScales
    }
  }

  /// What executes the model, for reports.
  package var engine: String {
    let scales = hasTokenScales ? ", per-token" : ""
    return switch body {
    case .graph(let model, _):
      (model.isQuantized ? "evaluator, integers" : "evaluator, OpenBLAS \(BLAS.coreName)") + scales
    case .program(let model): "packed runtime, \(model.instructionSet)" + scales
    }
  }
}

/// Runs a classifier; belongs to one thread at a time.
package struct ClassifierRunner: ~Copyable {
  private var session: Session?
  private let graph: GraphRunner?

  fileprivate init(session: consuming Session) {
    self.session = consume session
    graph = nil
  }

  fileprivate init(graph: GraphRunner) {
    session = nil
    self.graph = graph
  }

  /// The logits of an image of exactly the model's input size.
  package mutating func logits(of crop: PixelBuffer) throws(RuntimeError) -> [Float] {
    if let graph { return graph.logits(of: crop) }
    return try session?.run(crop) ?? []
  }

  /// The logits, and what blocks of a packed model give; a graph has evaluators for its own.
  mutating func outputs(
    of crop: PixelBuffer, after blocks: [Int]
  ) throws(RuntimeError) -> (logits: [Float], tokens: [BlockTokens]) {
    if let graph { return (graph.logits(of: crop), []) }
    return try session?.outputs(ofCrop: crop, after: blocks) ?? ([], [])
  }

  /// Where the time of an image goes; a graph has no instructions.
  mutating func instructionTimes(of crop: PixelBuffer) throws(RuntimeError) -> InstructionTimes {
    try session?.timedRun(crop).time ?? InstructionTimes(seconds: [], waitingSeconds: 0)
  }
}

/// Runs a graph in the evaluator.
private final class GraphRunner {
  private let evaluator: Evaluator
  private let input: NodeID
  private let logits: NodeID
  private let model: GraphModel

  init(_ model: GraphModel, _ constants: ConstantPool) {
    self.model = model
    logits = model.graph.landmarks[.logits] ?? model.graph.outputs[0]
    input = model.graph.landmarks[.image] ?? NodeID(index: 0)
    evaluator = Evaluator(
      model.graph, constants: constants, keeping: [logits], arithmetic: constants.arithmetic)
  }

  func logits(of crop: PixelBuffer) -> [Float] {
    evaluator.input(input).copy(from: model.inputValues(of: crop))
    evaluator.forward()
    return evaluator.value(logits).tensor.elements
  }
}
