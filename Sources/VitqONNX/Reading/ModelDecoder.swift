import CVitqONNX

/// Makes a model of unpacked messages; checks each message by itself.
struct ModelDecoder {
  private var tensors: TensorDecoder
  private var nodes: [ONNXNode] = []
  private var initializers: [String: ONNXTensor] = [:]
  /// Where each constant comes from, as errors say it.
  private(set) var constantSources: [String: String] = [:]

  init(tensors: TensorDecoder) { self.tensors = tensors }

  mutating func model(_ unpacked: borrowing UnpackedModel) throws(ONNXError) -> ONNXModel {
    let message = unsafe unpacked.root
    guard let graph = unsafe message.graph?.pointee else { throw .noGraph }
    let irVersion = Int(unsafe message.ir_version)
    guard ONNXReader.irVersions.contains(irVersion) else {
      throw .unsupportedIRVersion(found: irVersion)
    }
    let opset = try unsafe Self.opset(message)
    if unsafe message.n_functions > 0 {
      let first = unsafe messages(message.functions, 1)
      throw .functions(first: unsafe first.first.map { unsafe text($0.name) } ?? "")
    }
    var metadata: [String: String] = [:]
    for i in 0..<(unsafe message.n_metadata_props) {
      guard let entry = unsafe message.metadata_props[i]?.pointee else { continue }
      let key = unsafe text(entry.key)
      guard metadata.updateValue(unsafe text(entry.value), forKey: key) == nil else {
        throw .duplicateMetadata(key: key)
      }
    }
    let decoded = try unsafe self.graph(graph)
    return ONNXModel(
      graph: decoded, opset: opset, metadata: metadata, notes: notes(of: decoded))
  }

  private static func opset(_ message: Vitq__Onnx__ModelProto) throws(ONNXError) -> Int {
    let imports = unsafe messages(message.opset_import, message.n_opset_import)
    let versions = unsafe imports.filter { unsafe isOwnDomain(text($0.domain)) }.map {
      unsafe Int($0.version)
    }
    guard let version = versions.first else { throw .noOpset }
    guard let wrong = versions.first(where: { !ONNXReader.opsets.contains($0) || $0 != version })
    else { return version }
    throw .unsupportedOpset(found: wrong)
  }

  private static func isOwnDomain(_ domain: String) -> Bool {
    domain.isEmpty || domain == "ai.onnx"
  }

  private func notes(of graph: ONNXGraph) -> [String] {
    let inputs = graph.inputs.filter { $0.elementType.isFloatingPoint && $0.elementType != .float }
    return tensors.converted.sorted { $0.key.rawValue < $1.key.rawValue }.map { type, count in
      "\(count) \(count == 1 ? "tensor" : "tensors") of \(type) converted to FLOAT"
    } + inputs.map { "input '\($0.name)' of \($0.elementType) taken as FLOAT" }
  }

  private mutating func graph(_ graph: Vitq__Onnx__GraphProto) throws(ONNXError) -> ONNXGraph {
    guard unsafe graph.n_sparse_initializer == 0 else {
      throw .sparseInitializers(count: unsafe graph.n_sparse_initializer)
    }
    try Self.check(unsafe graph.n_node, "nodes", ONNXLimits.nodeCount)
    try Self.check(unsafe graph.n_initializer, "initializers", ONNXLimits.tensorCount)
    for i in 0..<(unsafe graph.n_initializer) {
      guard let message = unsafe graph.initializer[i]?.pointee else { continue }
      let name = try Self.name(unsafe text(message.name), of: "an initializer")
      try addConstant(unsafe tensors.tensor(message, named: name), name, "an initializer")
    }
    var inputs: [ONNXValueInfo] = []
    for i in 0..<(unsafe graph.n_input) {
      guard let message = unsafe graph.input[i]?.pointee else { continue }
      let name = try Self.name(unsafe text(message.name), of: "an input")
      // Before IR version 4 every initializer was an input too.
      guard initializers[name] == nil else { continue }
      inputs.append(try unsafe Self.input(message, name))
    }
    var outputs: [String] = []
    for i in 0..<(unsafe graph.n_output) {
      guard let message = unsafe graph.output[i]?.pointee else { continue }
      outputs.append(try Self.name(unsafe text(message.name), of: "an output"))
    }
    guard !outputs.isEmpty else { throw .noOutputs }
    for i in 0..<(unsafe graph.n_node) {
      guard let message = unsafe graph.node[i]?.pointee else { continue }
      try unsafe addNode(message)
    }
    return ONNXGraph(inputs: inputs, outputs: outputs, initializers: initializers, nodes: nodes)
  }

  private static func check(
    _ count: Int, _ quantity: String, _ limit: Int
  ) throws(ONNXError) {
    guard count <= limit else {
      throw .limitExceeded(quantity: quantity, limit: limit, found: count)
    }
  }

  private static func name(_ name: String, of what: String) throws(ONNXError) -> String {
    guard !name.isEmpty else { throw .unnamed(what) }
    try check(name.utf8.count, "bytes of a name", ONNXLimits.nameByteCount)
    return name
  }

  private mutating func addConstant(
    _ tensor: ONNXTensor, _ name: String, _ source: String
  ) throws(ONNXError) {
    if let first = constantSources.updateValue(source, forKey: name) {
      throw .duplicateValue(name, first: first, second: source)
    }
    initializers[name] = tensor
  }

  private static func input(
    _ message: Vitq__Onnx__ValueInfoProto, _ name: String
  ) throws(ONNXError) -> ONNXValueInfo {
    guard let type = unsafe message.type?.pointee.tensor_type?.pointee else {
      throw .unsupportedInput(name, found: "another type")
    }
    let number = Int(unsafe type.elem_type)
    guard let elementType = ONNXElementType(rawValue: number) else {
      throw .unsupportedInput(
        name, found: "a tensor of \(ONNXElementType.name(ofNumber: number))")
    }
    guard let shape = unsafe type.shape?.pointee else {
      throw .unsupportedInput(name, found: "a tensor of unknown rank")
    }
    var dimensions: [ONNXValueInfo.Dimension] = []
    for i in 0..<(unsafe shape.n_dim) {
      guard let dimension = unsafe shape.dim[i]?.pointee else { continue }
      guard unsafe dimension.has_dim_value != 0 else {
        dimensions.append(.symbolic(unsafe text(dimension.dim_param)))
        continue
      }
      dimensions.append(.fixed(Int(unsafe dimension.dim_value)))
    }
    try check(dimensions.count, "dimensions of input '\(name)'", ONNXLimits.rank)
    if let wrong = dimensions.compactMap(\.size).first(where: { $0 <= 0 }) {
      throw .unsupportedInput(name, found: "a dimension of \(wrong)")
    }
    return ONNXValueInfo(name: name, elementType: elementType, dimensions: dimensions)
  }

  private mutating func addNode(_ message: Vitq__Onnx__NodeProto) throws(ONNXError) {
    try Self.check(unsafe message.n_input, "operands of a node", ONNXLimits.operandsOfNode)
    try Self.check(unsafe message.n_output, "results of a node", ONNXLimits.operandsOfNode)
    try Self.check(unsafe message.n_attribute, "attributes of a node", ONNXLimits.attributesOfNode)
    let name = unsafe text(message.name)
    let records = unsafe messages(message.metadata_props, message.n_metadata_props).map {
      unsafe (key: text($0.key), value: text($0.value))
    }
    var node = ONNXNode(
      name: name, operatorType: unsafe text(message.op_type), domain: "",
      inputs: unsafe texts(message.input, message.n_input),
      outputs: unsafe texts(message.output, message.n_output),
      scope: ModuleScope.path(ofNode: name, records: records))
    let title = node.title
    guard !node.operatorType.isEmpty else { throw .noOperatorType(node: title) }
    let domain = unsafe text(message.domain)
    guard Self.isOwnDomain(domain) else {
      throw .unknownDomain(node: title, operatorType: node.operatorType, domain: domain)
    }
    for name in node.inputs + node.outputs {
      try Self.check(name.utf8.count, "bytes of a name", ONNXLimits.nameByteCount)
    }
    for i in 0..<(unsafe message.n_attribute) {
      guard let attribute = unsafe message.attribute[i]?.pointee else { continue }
      let name = unsafe text(attribute.name)
      let value = try unsafe AttributeDecoder.value(attribute, name, of: node, &tensors)
      guard node.attributes.updateValue(value, forKey: name) == nil else {
        throw .duplicateAttribute(node: title, attribute: name)
      }
    }
    guard node.operatorType == "Constant" else {
      nodes.append(node)
      return
    }
    guard node.inputs.isEmpty, node.outputs.count == 1, !node.outputs[0].isEmpty,
      let tensor = node.constant
    else { throw .invalidConstant(node: title) }
    try addConstant(tensor, node.outputs[0], "node '\(title)'")
  }
}

extension ONNXValueInfo.Dimension {
  fileprivate var size: Int? {
    guard case .fixed(let size) = self else { return nil }
    return size
  }
}

extension ONNXNode {
  /// The tensor of a `Constant` node.
  fileprivate var constant: ONNXTensor? {
    guard attributes.count == 1, let (name, value) = attributes.first else { return nil }
    return switch (name, value) {
    case ("value", .tensor(let tensor)): tensor
    case ("value_float", .float(let number)): ONNXTensor([], [number])
    case ("value_floats", .floats(let numbers)): ONNXTensor([numbers.count], numbers)
    case ("value_int", .integer(let number)): ONNXTensor([], [number])
    case ("value_ints", .integers(let numbers)): ONNXTensor([numbers.count], numbers)
    default: nil
    }
  }
}
