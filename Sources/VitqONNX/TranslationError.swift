package import VitqGraph

/// Why the network of an ONNX file is none that vitq has operations for.
package enum TranslationError: Error, Equatable {
  /// A node as messages name it.
  package struct Site: Equatable, Sendable {
    package let node: String
    package let operatorType: String

    package init(_ node: ONNXNode) {
      self.node = node.title
      operatorType = node.domain.isEmpty ? node.operatorType : "\(node.domain).\(node.operatorType)"
    }
  }

  case unsupportedOperator(Site)
  case unknownAttribute(Site, name: String, known: [String])
  /// An operator of the list, used in a way that no pass understands.
  case unsupported(Site, expected: String, found: String)
  case inputCount(Int)
  case outputCount(Int)
  case imageShape(input: String, found: [String])
  /// A batch of more than one image.
  case fixedBatch(input: String, Int)
  case dynamicImageSize(input: String, found: [String])
  case imageType(input: String, found: String)
  /// A constant that is not made of finite floating-point numbers.
  case tensor(ONNXError)
  case graph(Site, GraphError)
  /// No block was found, or no class scores.
  case noTransformer(String)
}

extension TranslationError.Site: CustomStringConvertible {
  package var description: String { "node '\(node)' (\(operatorType))" }
}

extension TranslationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsupportedOperator(let site):
      "\(site): operator not supported: expected one of "
        + OperatorCatalog.names.joined(separator: ", ")
    case .unknownAttribute(let site, let name, let known):
      "\(site): attribute '\(name)': not known: expected "
        + (known.isEmpty ? "none" : "one of " + known.joined(separator: ", "))
    case .unsupported(let site, let expected, let found):
      "\(site): not supported: expected \(expected), found \(found)"
    case .inputCount(let found): "inputs: expected one, the image, found \(found)"
    case .outputCount(let found): "outputs: expected one, the class scores, found \(found)"
    case .imageShape(let input, let found):
      "input '\(input)': expected an image [1, 3, height, width], found [\(Self.list(found))]"
    case .fixedBatch(let input, let found):
      "input '\(input)': batch fixed at \(found): expected 1 or a symbolic size. export the model "
        + "with one image"
    case .dynamicImageSize(let input, let found):
      "input '\(input)': the image size is not fixed: expected numbers for height and width, "
        + "found [\(Self.list(found))]. export the model with only the batch dynamic"
    case .imageType(let input, let found):
      "input '\(input)': expected elements of a floating-point type, found \(found)"
    case .tensor(let error): "\(error)"
    case .graph(let site, let error): "\(site): \(error)"
    case .noTransformer(let reason): "graph: not a vision transformer that vitq knows: \(reason)"
    }
  }

  private static func list(_ dimensions: [String]) -> String {
    dimensions.joined(separator: ", ")
  }
}
