/// The operators that passes leave where ONNX has none.
///
/// They are never read from a file: the domain ``domain`` is refused there.
enum InternalOperator: String {
  /// x [.., K], w, b [O]: x wᵀ + b. w is [O, K], or [K, O] if `transposed`.
  case linear = "Linear"
  /// Image [1, 3, H, W], w [O, 3, P, P], b [O] or absent: [1, patches, O]. Attribute `side` = P.
  case patchEmbedding = "PatchEmbedding"
  /// [N, C] to [1, C].
  case meanRows = "MeanRows"
  /// a [W·H, N, K], b [W·H, M, K] if `transposed` or [W·H, K, M]: `scale` · a bᵀ.
  case matMul = "MatMul"
  /// Scores, bias [H, T, T], mask [W, T, T] or absent.
  case attentionBias = "AttentionBias"
  /// An ``Arrangement``; its integers are in attribute `arguments`.
  case arrange = "Arrange"

  /// The domain of these operators.
  static let domain = "vitq"
}

extension ONNXNode {
  /// Whether this is the operator of ONNX's own set.
  func isOperator(_ type: String) -> Bool {
    operatorType == type && domain != InternalOperator.domain
  }

  func isOperator(_ type: InternalOperator) -> Bool {
    domain == InternalOperator.domain && operatorType == type.rawValue
  }

  /// A node in the place of this one.
  func replaced(
    by type: InternalOperator, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:],
    result: String? = nil
  ) -> ONNXNode {
    ONNXNode(
      name: title, operatorType: type.rawValue, domain: InternalOperator.domain, inputs: inputs,
      outputs: [result ?? outputs[0]], attributes: attributes, scope: scope)
  }

  /// A node of ONNX's own set beside this one.
  func beside(
    _ type: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:],
    result: String
  ) -> ONNXNode {
    ONNXNode(
      name: title, operatorType: type, inputs: inputs, outputs: [result], attributes: attributes,
      scope: scope)
  }

  func integer(_ name: String) -> Int? {
    guard case .integer(let value) = attributes[name] else { return nil }
    return value
  }

  func integers(_ name: String) -> [Int]? {
    guard case .integers(let values) = attributes[name] else { return nil }
    return values
  }

  func float(_ name: String) -> Float? {
    guard case .float(let value) = attributes[name] else { return nil }
    return value
  }

  func string(_ name: String) -> String? {
    guard case .string(let value) = attributes[name] else { return nil }
    return value
  }

  /// The operand at a place, `nil` if it is absent.
  func operand(_ index: Int) -> String? {
    guard inputs.indices.contains(index), !inputs[index].isEmpty else { return nil }
    return inputs[index]
  }

  func unsupported(expected: String, found: String) -> TranslationError {
    .unsupported(.init(self), expected: expected, found: found)
  }
}
