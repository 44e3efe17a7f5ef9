package import VitqGraph

/// A rewrite of an ONNX graph that does not change what it computes.
///
/// A pass recognises one way in which exporters write something and replaces it by one operator,
/// ONNX's own or, where ONNX has none, one of ``InternalOperator``.
package protocol ONNXPass: Sendable {
  /// Rewrites the graph.
  ///
  /// - Returns: How many places were rewritten.
  func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int
}

extension ONNXPass {
  /// The name in reports: `RecoverGELU` is `recover-gelu`.
  package var name: String { PassName.of(Self.self) }
}

/// An ordered list of passes, each with the reason for its place.
package struct ONNXPipeline: Sendable {
  package typealias Step = PassStep<any ONNXPass>

  package var steps: [Step]

  package init(_ steps: [Step]) { self.steps = steps }

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> [PassFiring] {
    var firings: [PassFiring] = []
    for step in steps {
      let count = try step.pass.run(on: &graph)
      firings.append(PassFiring(step.pass.name, of: step, count: count))
    }
    return firings
  }

  /// From what an exporter writes to operators that each stand for one of vitq's.
  package static let recovery = ONNXPipeline([
    Step(
      FoldConstants(),
      reason: "shapes are known once the batch is 1, and all arithmetic on them is constant"),
    Step(RemoveIdentities(), reason: "patterns need not look through what does nothing"),
    Step(
      RecoverLayerNormalization(),
      reason: "before opset 17 it is nine operators, two of them additions that others match"),
    Step(RecoverGELU(), reason: "before opset 20 it is several operators with scalar factors"),
    Step(
      DecomposeAttention(),
      reason: "opset 23 has one operator for what others write as products and softmax"),
    Step(RecoverLinear(), reason: "what is left of products with weights and their biases"),
    Step(
      RecoverPatchEmbedding(), reason: "a convolution of disjoint patches is a linear layer"),
    Step(
      RecoverMeanPooling(), reason: "brings the axes of a mean into the order rows, channels"),
    Step(
      FoldScoreScale(),
      reason: "needs linear layers told from products of activations; clears their operands"),
    Step(FoldHeadAverage(), reason: "the scalars that are left belong to heads"),
    Step(
      RecoverArrangements(),
      reason: "only moves of elements are left between the operators recovered so far"),
    Step(RecoverAttentionBias(), reason: "needs scores and softmax next to each other"),
    Step(
      CompleteWindows(), reason: "the bias tells windows of one from attention of all tokens"),
    Step(
      NarrowNormalization(),
      reason: "needs selections of tokens; what nobody reads is not normalised"),
  ])
}
