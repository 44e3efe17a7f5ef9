package import VitqFormat

/// What is wrong with an ONNX model.
///
/// Nodes are called by their names, or by their first results where they have none.
package enum ONNXError: Error, Equatable {
  case file(FileError)
  /// The bytes are not ONNX; `resembles` is what they look like.
  case notONNX(resembles: String)
  case truncated(offset: Int, expected: Int, found: Int)
  /// The bytes at `offset` break protobuf's rules.
  case malformed(offset: Int, reason: String)
  case limitExceeded(quantity: String, limit: Int, found: Int)
  case unsupportedIRVersion(found: Int)
  case noGraph
  case noOpset
  case unsupportedOpset(found: Int)
  /// Operators that the model itself defines.
  case functions(first: String)
  case duplicateMetadata(key: String)
  case noOutputs
  /// An input, output or initializer without a name.
  case unnamed(String)
  case unsupportedInput(String, found: String)
  case sparseInitializers(count: Int)

  case noOperatorType(node: String)
  case unknownDomain(node: String, operatorType: String, domain: String)
  case subgraph(node: String, operatorType: String, attribute: String)
  case unsupportedAttribute(node: String, attribute: String, found: String)
  case duplicateAttribute(node: String, attribute: String)
  /// A `Constant` node without exactly one value.
  case invalidConstant(node: String)
  /// A value with two sources.
  case duplicateValue(String, first: String, second: String)
  case undefinedValue(String, node: String)
  /// An operand that a later node computes, or the node itself.
  case usedBeforeComputed(String, node: String)
  case undefinedOutput(String)

  case unsupportedElementType(tensor: String, found: String)
  case invalidShape(tensor: String, shape: [Int])
  /// Elements both in the model and in another file.
  case severalPayloads(tensor: String)
  case wrongElementField(tensor: String, elementType: ONNXElementType, field: String)
  case byteCountMismatch(tensor: String, expected: Int, found: Int)
  case elementCountMismatch(tensor: String, expected: Int, found: Int)
  case elementOutOfRange(tensor: String, index: Int, value: Int, elementType: ONNXElementType)
  case externalData(tensor: String, location: String, ExternalDataDefect)

  /// A tensor that is not made of floating-point numbers stands where a weight must be.
  case notAWeight(tensor: String, found: String)
  /// A weight that is NaN or infinite.
  case nonFinite(tensor: String, index: Int, value: Float)
}

extension ONNXError {
  /// The kind of trouble; each has an exit status of its own.
  package enum Category: Sendable, Equatable {
    case malformed
    case missing
    case inputOutput
    /// Sound, but beyond what this version reads.
    case unsupported
    /// Refused for safety.
    case refused
  }

  package var category: Category {
    switch self {
    case .file(let error): Self.category(of: error)
    case .externalData(_, _, .notAFileName): .refused
    case .externalData(_, _, .file(.symbolicLink)), .externalData(_, _, .file(.hardLinked)),
      .externalData(_, _, .file(.isDirectory)), .externalData(_, _, .file(.notRegularFile)):
      .refused
    case .externalData(_, _, .file(let error)): Self.category(of: error)
    case .externalData(_, _, .unsupportedKey): .unsupported
    case .limitExceeded: .refused
    case .unsupportedIRVersion, .unsupportedOpset, .functions, .unsupportedInput,
      .sparseInitializers, .unknownDomain, .subgraph, .unsupportedAttribute,
      .unsupportedElementType:
      .unsupported
    case .notONNX, .truncated, .malformed, .noGraph, .noOpset, .duplicateMetadata, .noOutputs,
      .unnamed, .noOperatorType, .duplicateAttribute, .invalidConstant, .duplicateValue,
      .undefinedValue, .usedBeforeComputed, .undefinedOutput, .invalidShape, .severalPayloads,
      .wrongElementField, .byteCountMismatch, .elementCountMismatch, .elementOutOfRange,
      .externalData, .notAWeight, .nonFinite:
      .malformed
    }
  }

  private static func category(of error: FileError) -> Category {
    switch error {
    case .empty: .malformed
    case .failed: .inputOutput
    default: .missing
    }
  }
}
