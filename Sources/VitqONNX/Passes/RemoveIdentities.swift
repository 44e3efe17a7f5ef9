/// Drops operators that do nothing at inference.
///
///     y = Identity(x)    y = Dropout(x)    y = Cast(x, to a float)    →    x for y
///
/// Does not fire on a `Cast` to whole numbers.
package struct RemoveIdentities: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where Self.doesNothing(node) {
      rewriting.forward(index, to: node.inputs[0])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  private static func doesNothing(_ node: ONNXNode) -> Bool {
    switch node.operatorType {
    case "Identity", "Dropout": true
    case "Cast":
      node.integer("to").flatMap(ONNXElementType.init(rawValue:))?.isFloatingPoint ?? false
    default: false
    }
  }
}
