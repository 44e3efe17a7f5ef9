/// One operator of an ONNX graph with its operands and results.
package struct ONNXNode: Sendable, Equatable {
  /// The name in the file; may be empty.
  package var name: String
  package var operatorType: String
  /// The operator set; empty for ONNX's own.
  package var domain: String
  /// The names of the operands; empty where an optional one is absent.
  package var inputs: [String]
  /// The names of the results; empty where an optional one is absent.
  package var outputs: [String]
  package var attributes: [String: ONNXAttribute]
  /// The path of the module that the exporter traced the node in, such as `blocks.0.attn.qkv`.
  package var scope: String?

  package init(
    name: String, operatorType: String, domain: String = "", inputs: [String], outputs: [String],
    attributes: [String: ONNXAttribute] = [:], scope: String? = nil
  ) {
    self.name = name
    self.operatorType = operatorType
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.scope = scope
  }

  /// What messages call the node: its name, or its first result where it has none.
  package var title: String { name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name }
}

/// A value that is part of an operator.
package enum ONNXAttribute: Sendable, Equatable {
  case integer(Int)
  case float(Float)
  case string(String)
  case tensor(ONNXTensor)
  case integers([Int])
  case floats([Float])
  case strings([String])
}
