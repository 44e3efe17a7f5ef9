/// The operators that the passes understand, with the attributes that they look at or may ignore.
enum OperatorCatalog {
  /// Attributes by operator of the default domain (ONNX operator specification, opsets 11 to 23).
  private static let attributes: [String: [String]] = [
    "Add": [], "And": [],
    "Attention": [
      "is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap",
      "softmax_precision",
    ],
    "Cast": ["round_mode", "saturate", "to"], "CastLike": ["round_mode", "saturate"], "Ceil": [],
    "Concat": ["axis"],
    "Constant": [
      "sparse_value", "value", "value_float", "value_floats", "value_int", "value_ints",
      "value_string", "value_strings",
    ],
    "ConstantOfShape": ["value"],
    "Conv": ["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"],
    "Div": [], "Dropout": ["ratio", "seed"], "Equal": [], "Erf": [], "Expand": [],
    "Flatten": ["axis"], "Floor": [], "Gather": ["axis"], "GatherND": ["batch_dims"],
    "Gelu": ["approximate"],
    "Gemm": ["alpha", "beta", "transA", "transB"], "GlobalAveragePool": [], "Greater": [],
    "GreaterOrEqual": [], "Identity": [],
    "LayerNormalization": ["axis", "epsilon", "stash_type"], "Less": [], "LessOrEqual": [],
    "MatMul": [], "Max": [], "Min": [], "Mod": ["fmod"], "Mul": [], "Neg": [], "Not": [],
    "Or": [], "Pad": ["mode"], "Pow": [], "Range": [], "Reciprocal": [],
    "ReduceMean": ["axes", "keepdims", "noop_with_empty_axes"],
    "ReduceProd": ["axes", "keepdims", "noop_with_empty_axes"],
    "Reshape": ["allowzero"], "Shape": ["end", "start"], "Slice": [], "Softmax": ["axis"],
    "Split": ["axis", "num_outputs", "split"], "Sqrt": [], "Squeeze": ["axes"], "Sub": [],
    "Tanh": [], "Transpose": ["perm"], "Unsqueeze": ["axes"], "Where": [],
  ]

  /// The attributes without which an operator means nothing.
  private static let required = ["Cast": "to", "Concat": "axis"]

  /// In alphabetical order.
  static var names: [String] { attributes.keys.sorted() }

  /// Checks that every operator and every attribute of a graph is known, and no attribute missing.
  static func check(_ graph: ONNXGraph) throws(TranslationError) {
    for node in graph.nodes {
      guard node.domain.isEmpty || node.domain == "ai.onnx",
        let known = attributes[node.operatorType]
      else { throw .unsupportedOperator(.init(node)) }
      if let name = node.attributes.keys.sorted().first(where: { !known.contains($0) }) {
        throw .unknownAttribute(.init(node), name: name, known: known)
      }
      if let name = required[node.operatorType], node.integer(name) == nil {
        throw node.unsupported(expected: "attribute '\(name)', a whole number", found: "none")
      }
    }
  }
}
