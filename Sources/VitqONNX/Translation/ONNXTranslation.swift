package import VitqGraph

/// A graph of vitq's operations made of the network in an ONNX file.
///
/// It is the graph that the builder of the architecture makes of the same weights, whatever exporter
/// wrote the file: the same nodes in the same order, with the names of timm's modules and with
/// landmarks.
package struct ONNXTranslation: Sendable {
  package let graph: Graph
  /// What each pass did.
  package let firings: [PassFiring]

  /// Translates a model as it was read.
  ///
  /// - Throws: ``TranslationError`` naming the first node that is not understood.
  package init(_ model: ONNXModel) throws(TranslationError) {
    var recovered = model.graph
    try OperatorCatalog.check(recovered)
    if model.opset < 13 { recovered.setSoftmaxAxes() }
    try ImageInput.fix(&recovered)
    firings = try ONNXPipeline.recovery.run(on: &recovered)
    var translator = try GraphTranslator(recovered)
    try translator.run()
    graph = try TransformerRecognition(translator).named()
  }
}

extension ONNXGraph {
  /// Writes out the axis of `Softmax` that is meant before opset 13 if none is given: 1.
  fileprivate mutating func setSoftmaxAxes() {
    for index in nodes.indices
    where nodes[index].isOperator("Softmax") && nodes[index].integer("axis") == nil {
      nodes[index].attributes["axis"] = .integer(1)
    }
  }
}
