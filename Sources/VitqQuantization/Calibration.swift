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

  /// A value of ``source`` in ``target``.
  struct Value {
    var id: NodeID
    /// One for each image; empty once nobody reads it any more.
    var tensors: [Tensor]
  }

  var values: [Value?]
  var quantizedValues: [Value?]
  /// The values that are codes already, as the heads of quantized queries are.
  private var isCoded: [Bool]
  private var remainingReads: [Int]

  init(_ source: Graph, recipe: QuantizationRecipe, imageCount: Int, workers: Workers) {
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
    pixels: [Tensor], progress: (_ visited: Int, _ total: Int) -> Void
  ) throws(QuantizationError) -> Graph {
    for id in source.ids {
      try visit(id, pixels: pixels)
      release(operandsOf: id)
      progress(id.index + 1, source.nodes.count)
    }
    target.outputs = source.outputs.compactMap { values[$0.index]?.id }
    target.landmarks = source.landmarks.compactMapValues { id in
      source[id].operation is Softmax ? quantizedValues[id.index]?.id : values[id.index]?.id
    }
    return target
  }

  private mutating func visit(_ id: NodeID, pixels: [Tensor]) throws(QuantizationError) {
    let node = source[id]
    switch node.operation {
    case is Constant: break
    case is Input: values[id.index] = Value(id: try add(node.name, node.operation), tensors: pixels)
    case is Linear: try visitLinear(id)
    case is LayerNorm: try visitLayerNorm(id)
    case is Softmax: try visitSoftmax(id)
    case is ImagePatches, is SplitHeads:
      try apply(id, [try quantized(node.operands[0], bits: recipe.activationBits)])
      isCoded[id.index] = true
    case is MatMul:
      var operands: [Value] = []
      for operand in node.operands {
        operands.append(try quantized(operand, bits: recipe.activationBits))
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

  func constant(_ id: NodeID) -> Tensor? { (source[id].operation as? Constant)?.value }

  /// A value as the graph has it; a constant is added when first read.
  mutating func real(_ id: NodeID) throws(QuantizationError) -> Value {
    if let value = values[id.index] { return value }
    let value = Value(id: try add(source[id].name, source[id].operation), tensors: [])
    values[id.index] = value
    return value
  }

  /// A value after its quantizer, which the first reader brings into being.
  mutating func quantized(_ id: NodeID, bits: Int) throws(QuantizationError) -> Value {
    if let value = quantizedValues[id.index] { return value }
    let value = try real(id)
    if isCoded[id.index] { return value }
    let role = role(of: id)
    let (quantizer, squaredError) = try quantizer(for: id, role, value.tensors, bits: bits)
    try report(
      source[id].name, role, quantizer: quantizer, value.tensors, squaredError: squaredError)
    let operation = FakeQuantize([quantizer])
    let result = Value(
      id: try add("\(source[id].name).quantized", operation, [value.id]),
      tensors: try evaluate(operation, [.values(value.tensors)]))
    quantizedValues[id.index] = result
    return result
  }

  private func quantizer(
    for id: NodeID, _ role: QuantizerReport.Role, _ tensors: [Tensor], bits: Int
  ) throws(QuantizationError) -> (UniformQuantizer, Double) {
    if role == .image {
      return (UniformQuantizer(step: 1 / 255, zeroPoint: 0, minimumCode: 0, maximumCode: 255), 0)
    }
    try requireFinite(id, tensors)
    if let decided = decidedQuantizers[id] {
      let errors = batch.workers.map(tensors.count) {
        SquaredError(capacity: tensors[0].shape.elementCount)
      } body: { squaredError, i in
        tensors[i].withView { squaredError($0, decided) }
      }
      return (decided, errors.reduce(0, +))
    }
    let search = ActivationSearch(
      bits: bits, percentiles: recipe.percentiles,
      isCentred: bits == 8 && (role == .key || role == .value))
    let choice = search.choose(tensors, workers: batch.workers)
    return (choice.quantizer, choice.squaredError)
  }

  private func requireFinite(_ id: NodeID, _ tensors: [Tensor]) throws(QuantizationError) {
    let isFinite = tensors.allSatisfy { tensor in
      tensor.withView { VectorKernels.current.dot($0, $0) }.isFinite
    }
    guard isFinite else { throw .notFinite(node: source[id].name) }
  }

  /// What a value is to the nodes that read its codes.
  private func role(of id: NodeID) -> QuantizerReport.Role {
    if source[id].operation is Input { return .image }
    for split in users[id.index] where source[split].operation is SplitHeads {
      for product in users[split.index] {
        guard let matmul = source[product].operation as? MatMul else { continue }
        if source[product].operands[0] == split { return .query }
        return matmul.transposesRight ? .key : .value
      }
    }
    return .activation
  }

  private mutating func release(operandsOf id: NodeID) {
    for operand in source[id].operands {
      remainingReads[operand.index] -= 1
      guard remainingReads[operand.index] == 0 else { continue }
      values[operand.index]?.tensors = []
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
