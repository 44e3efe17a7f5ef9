extension ONNXGraph {
  /// Checks that each value has one source and is computed before it is used.
  ///
  /// - Parameter constantSources: Where each initializer comes from, as an error says it.
  /// - Throws: ``ONNXError``, naming the value at fault.
  func checkValues(constantSources: [String: String]) throws(ONNXError) {
    var sources = constantSources
    for input in inputs {
      if let first = sources.updateValue("an input", forKey: input.name) {
        throw .duplicateValue(input.name, first: first, second: "an input")
      }
    }
    for node in nodes {
      for name in node.inputs where !name.isEmpty && sources[name] == nil {
        let isComputedLater = nodes.contains { $0.outputs.contains(name) }
        throw isComputedLater
          ? .usedBeforeComputed(name, node: node.title) : .undefinedValue(name, node: node.title)
      }
      for name in node.outputs where !name.isEmpty {
        let source = "node '\(node.title)'"
        if let first = sources.updateValue(source, forKey: name) {
          throw .duplicateValue(name, first: first, second: source)
        }
      }
    }
    for name in outputs where sources[name] == nil { throw .undefinedOutput(name) }
  }
}
