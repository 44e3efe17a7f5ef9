import CVitqONNX

/// Makes the value of an attribute.
enum AttributeDecoder {
  /// The numbers of `AttributeProto.type`.
  private enum Kind: Int {
    case float = 1
    case integer, string, tensor, graph, floats, integers, strings, tensors, graphs
    case sparseTensor, sparseTensors, type, types
  }

  /// The value of attribute `name` of `node`.
  ///
  /// - Throws: ``ONNXError``, naming node and attribute.
  static func value(
    _ message: Vitq__Onnx__AttributeProto, _ name: String, of node: ONNXNode,
    _ tensors: inout TensorDecoder
  ) throws(ONNXError) -> ONNXAttribute {
    let title = node.title
    let number = Int(unsafe message.type)
    func unsupported(_ found: String) -> ONNXError {
      .unsupportedAttribute(node: title, attribute: name, found: found)
    }
    guard unsafe message.ref_attr_name == nil else { throw unsupported("a reference") }
    switch Kind(rawValue: number) {
    case .float: return .float(unsafe message.f)
    case .integer: return .integer(Int(unsafe message.i))
    case .string:
      guard let string = unsafe string(message.s) else { throw unsupported("bytes") }
      return .string(string)
    case .tensor:
      guard let tensor = unsafe message.t?.pointee else { throw unsupported("no tensor") }
      return .tensor(try unsafe tensors.tensor(tensor, named: "\(title).\(name)"))
    case .floats: return .floats(unsafe numbers(message.floats, message.n_floats))
    case .integers:
      return .integers(unsafe numbers(message.ints, message.n_ints).map { Int($0) })
    case .strings:
      let count = unsafe message.n_strings
      let items = unsafe numbers(message.strings, count)
      let strings = unsafe items.compactMap { unsafe string($0) }
      guard strings.count == count else { throw unsupported("bytes") }
      return .strings(strings)
    case .graph, .graphs:
      throw .subgraph(node: title, operatorType: node.operatorType, attribute: name)
    case .tensors: throw unsupported("a list of tensors")
    case .sparseTensor, .sparseTensors: throw unsupported("a sparse tensor")
    case .type, .types: throw unsupported("a type")
    case nil: throw unsupported("attribute type \(number)")
    }
  }

  private static func string(_ bytes: ProtobufCBinaryData) -> String? {
    unsafe String(
      validating: UnsafeBufferPointer(start: bytes.data, count: bytes.len), as: UTF8.self)
  }
}
