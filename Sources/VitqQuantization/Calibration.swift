import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor

/// Builds the quantized graph node by node, in order, on the calibration images.
///
/// Each quantizer is chosen on values that the quantizers before it already changed (method.md
/// 3.1, sequential). Only the values that later nodes read are kept, for all images at once.
struct Calibration {
  let source: Graph
  let recipe: QuantizationRecipe
  let batch: ImageBatch
  let users: [[NodeID]]
  var target = Graph()
  var entries: [QuantizerReport] = []
  /// Linear layers and normalisations whose constants a step changed.
  var replacedConstants: [NodeID: [Tensor]] = [:]
  /// Quantizers decided before the first reader asks for them.
  var decidedQuantizers: [NodeID: UniformQuantizer] = [:]
  /// Rescalings of channels that weights do not know of yet.
  var deferredRescalings: [NodeID: ChannelRescaling] = [:]
  /// Attention probabilities whose values in the target graph are logarithms.
  var probabilities: [NodeID: [Tensor]] = [:]
  /// Whether the caller wants no result any more; asked before each node.
  let isCancelled: @Sendable () -> Bool
  /// Where learned layers are kept.
  let journal: AttemptJournal?
  /// The number of nodes up to the last layer that was read from the journal.
  var restoredCount = 0
  /// Whether weights get quantizers now.
  let quantizesWeights: Bool
  /// Whether values go on as they are before quantizers, which ERQ's statistics need.
  let keepsFullPrecision: Bool
  /// Those of the layer before, whose input the next one often shares.
  var inputProducts: InputProducts?

  /// A value of ``source`` in ``target``.
  struct Value {
    var id: NodeID
    /// One for each image; empty once nobody reads it any more.
    var tensors: [Tensor]
  }

  var values: [Value?]
  var quantizedValues: [Value?]
  /// The values that are codes already, as the heads of quantized queries are.
  var isCoded: [Bool]
  private var remainingReads: [Int]

  init(
    _ source: Graph, recipe: QuantizationRecipe, imageCount: Int, workers: Workers,
    isCancelled: @escaping @Sendable () -> Bool, journal: AttemptJournal? = nil,
    quantizesWeights: Bool = true, keepsFullPrecision: Bool? = nil
  ) {
    self.keepsFullPrecision = keepsFullPrecision ?? (recipe.learner == .erq)
    self.journal = journal
    self.isCancelled = isCancelled
    self.quantizesWeights = quantizesWeights
    self.source = source
    self.recipe = recipe
    batch = ImageBatch(count: imageCount, workers: workers)
    users = source.users()
    values = Array(repeating: nil, count: source.nodes.count)
    quantizedValues = values
    isCoded = Array(repeating: false, count: source.nodes.count)
    remainingReads = users.map(\.count)
  }

  /// The quantized graph, given images [3, H, W] of pixels in 0 … 1.
  mutating func run(
    pixels: [Tensor], progress: (QuantizationProgress) -> Void
  ) throws(QuantizationError) -> Graph {
    for id in source.ids {
      if isCancelled() { throw .cancelled }
      do throws(QuantizationError) {
        try visit(id, pixels: pixels)
      } catch .notFinite(let node, let image?) {
        throw .notFinite(node: firstNotFinite(at: pixels[image]) ?? node, image: image)
      }
      release(operandsOf: id)
      if source[id].operation is Linear { FreedMemory.giveBack() }
      progress(
        QuantizationProgress(
          completed: id.index + 1, total: source.nodes.count, restored: restoredCount))
    }
    target.outputs = source.outputs.compactMap { values[$0.index]?.id }
    target.landmarks = source.landmarks.compactMapValues { id in
      source[id].operation is Softmax ? quantizedValues[id.index]?.id : values[id.index]?.id
    }
    return target
  }

  /// The first node so far that is infinite or not a number; a value is looked at when it gets a
  /// quantizer, and others may lie before it.
  private func firstNotFinite(at pixels: Tensor) -> String? {
    let inputs = target.ids.filter { target[$0].operation is Input }.map { ($0, pixels) }
    return target.firstNotFinite(ConstantPool(target), at: inputs)
  }

  private mutating func visit(_ id: NodeID, pixels: [Tensor]) throws(QuantizationError) {
    let node = source[id]
    switch node.operation {
    case is Constant: break
    case is Input: values[id.index] = Value(id: try add(node.name, node.operation), tensors: pixels)
    case is Linear: try visitLinear(id)
    case is LayerNorm: try visitLayerNorm(id)
    case is Softmax: try visitSoftmax(id)
    case is GELU where isTabulated(id): try visitTabulatedGELU(id)
    case is ImagePatches, is SplitHeads:
      var value = try quantized(node.operands[0])
      if keepsFullPrecision { value.tensors = try realTensors(node.operands[0]) }
      try apply(id, [value])
      isCoded[id.index] = true
    case is MatMul:
      var operands: [Value] = []
      for operand in node.operands {
        var value = try quantized(operand)
        if keepsFullPrecision { value.tensors = try realTensors(operand) }
        operands.append(value)
      }
      try apply(id, operands)
    default:
      var operands: [Value] = []
      for operand in node.operands { operands.append(try real(operand)) }
      try apply(id, operands)
    }
  }

  /// Adds `id` to the target and evaluates it on all images.
  private mutating func apply(_ id: NodeID, _ operands: [Value]) throws(QuantizationError) {
    let node = source[id]
    let tensors = try evaluate(
      node.operation, zip(node.operands, operands).map { operand($0, $1) })
    values[id.index] = Value(
      id: try add(node.name, node.operation, operands.map(\.id)), tensors: tensors)
  }

  private func operand(_ id: NodeID, _ value: Value) -> ImageBatch.Operand {
    constant(id).map { .constant($0) } ?? .values(value.tensors)
  }

  // MARK: Values

  /// A value without its quantizer: of attention, the probabilities and not their logarithms.
  mutating func realTensors(_ id: NodeID) throws(QuantizationError) -> [Tensor] {
    if let probabilities = probabilities[id] { return probabilities }
    return try real(id).tensors
  }

  func constant(_ id: NodeID) -> Tensor? { source.constant(id) }

  /// A value as the graph has it; a constant is added when first read.
  mutating func real(_ id: NodeID) throws(QuantizationError) -> Value {
    if let value = values[id.index] { return value }
    let value = Value(id: try add(source[id].name, source[id].operation), tensors: [])
    values[id.index] = value
    return value
  }

  private mutating func release(operandsOf id: NodeID) {
    for operand in source[id].operands {
      remainingReads[operand.index] -= 1
      guard remainingReads[operand.index] == 0 else { continue }
      values[operand.index]?.tensors = []
      probabilities[operand] = nil
      quantizedValues[operand.index]?.tensors = []
    }
  }

  // MARK: The target graph

  mutating func add(
    _ name: String, _ operation: any Operation, _ operands: [NodeID] = []
  ) throws(QuantizationError) -> NodeID {
    do throws(GraphError) {
      return try target.add(name, operation, operands)
    } catch {
      throw .graph(error)
    }
  }

  func evaluate(
    _ operation: any Operation, _ operands: [ImageBatch.Operand]
  ) throws(QuantizationError) -> [Tensor] {
    do throws(GraphError) {
      return try batch.apply(operation, to: operands)
    } catch {
      throw .graph(error)
    }
  }
}
