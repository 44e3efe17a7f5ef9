import VitqFormat

extension ONNXError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .notONNX(let resembles): "not an ONNX file: looks like \(resembles)"
    case .truncated(let offset, let expected, let found):
      "truncated or malformed at byte \(offset): expected \(expected) bytes, found \(found)"
    case .malformed(let offset, let reason): "malformed at byte \(offset): \(reason)"
    case .limitExceeded(let quantity, let limit, let found):
      "too large: expected at most \(limit) \(quantity), found \(found)"
    case .unsupportedIRVersion(let found):
      "IR version not supported: expected \(ONNXReader.irVersions.lowerBound) to "
        + "\(ONNXReader.irVersions.upperBound), found \(found)"
    case .noGraph: "not an ONNX model: it has no graph"
    case .noOpset: "no version of the operators of ONNX's own domain: expected an opset_import"
    case .unsupportedOpset(let found):
      "opset not supported: expected \(ONNXReader.opsets.lowerBound) to "
        + "\(ONNXReader.opsets.upperBound), found \(found). export the model with opset 20"
    case .functions(let first):
      "function '\(first)': operators defined by the model are not supported. inline them with "
        + "onnx.inliner.inline_local_functions"
    case .duplicateMetadata(let key): "metadata '\(key)': given twice"
    case .noOutputs: "the graph has no output"
    case .unnamed(let what): "\(what) without a name"
    case .unsupportedInput(let name, let found):
      "input '\(name)': not supported: expected a tensor of \(ONNXElementType.float), found "
        + found
    case .sparseInitializers(let count):
      "sparse tensors are not supported: found \(count) sparse initializers"
    case .noOperatorType(let node): "node '\(node)': names no operator"
    case .unknownDomain(let node, let operatorType, let domain):
      "node '\(node)' (\(domain).\(operatorType)): operators of this domain are not supported: "
        + "expected ONNX's own"
    case .subgraph(let node, let operatorType, let attribute):
      "node '\(node)' (\(operatorType)): attribute '\(attribute)': graphs inside nodes are not "
        + "supported"
    case .unsupportedAttribute(let node, let attribute, let found):
      "node '\(node)': attribute '\(attribute)': not supported: expected a number, a text, a "
        + "tensor or a list of numbers or texts, found \(found)"
    case .duplicateAttribute(let node, let attribute):
      "node '\(node)': attribute '\(attribute)': given twice"
    case .invalidConstant(let node):
      "node '\(node)' (Constant): expected no operand, one result and one attribute that is a "
        + "number, numbers or a tensor"
    case .duplicateValue(let name, let first, let second):
      "value '\(name)': comes from \(first) and from \(second)"
    case .undefinedValue(let name, let node):
      "node '\(node)': operand '\(name)' is not an input, an initializer or a result"
    case .usedBeforeComputed(let name, let node):
      "node '\(node)': operand '\(name)' is computed by this or a later node: the graph has a "
        + "cycle or is not in topological order"
    case .undefinedOutput(let name): "output '\(name)': nothing computes it"
    case .unsupportedElementType(let tensor, let found):
      "tensor '\(tensor)': element type not supported: expected FLOAT, FLOAT16, BFLOAT16, DOUBLE, "
        + "INT8, UINT8, INT32, INT64 or BOOL, found \(found)"
    case .invalidShape(let tensor, let shape): "tensor '\(tensor)': no tensor has shape \(shape)"
    case .severalPayloads(let tensor):
      "tensor '\(tensor)': has elements both in the model and in another file"
    case .wrongElementField(let tensor, let elementType, let field):
      "tensor '\(tensor)': elements of type \(elementType) cannot be in \(field)"
    case .byteCountMismatch(let tensor, let expected, let found):
      "tensor '\(tensor)': its type and shape take \(expected) bytes, found \(found)"
    case .elementCountMismatch(let tensor, let expected, let found):
      "tensor '\(tensor)': expected \(expected) elements, found \(found)"
    case .elementOutOfRange(let tensor, let index, let value, let elementType):
      "tensor '\(tensor)': element \(index) is no \(elementType): found \(value)"
    case .externalData(let tensor, let location, let defect):
      "tensor '\(tensor)': external data \(location.quoted): \(defect)"
    case .notAWeight(let tensor, let found):
      "tensor '\(tensor)': cannot be a weight: expected floating-point numbers, found \(found)"
    case .nonFinite(let tensor, let index, let value):
      "tensor '\(tensor)': element \(index) is not a finite number: found \(value)"
    }
  }
}
