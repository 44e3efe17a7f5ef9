package import VitqGraph

/// An ordered list of passes, each with the reason for its place.
package struct Pipeline: Sendable {
  package typealias Step = PassStep<any GraphPass>

  package var steps: [Step]

  package init(_ steps: [Step]) { self.steps = steps }

  package func run(on graph: Graph) throws(GraphError) -> (graph: Graph, firings: [PassFiring]) {
    var graph = graph
    var firings: [PassFiring] = []
    for step in steps {
      let (rewritten, count) = try step.pass.rewrite(graph)
      graph = rewritten
      firings.append(PassFiring(step.pass.name, of: step, count: count))
    }
    return (graph, firings)
  }

  /// Brings a model graph into the form that is quantized, without changing what it computes.
  ///
  /// - Parameters:
  ///   - mean: The mean that preprocessing subtracts from each channel, pixels in 0 … 1.
  ///   - standardDeviation: What it then divides by.
  ///   - rotations: Passes that turn values, once nothing else needs them as they were.
  /// - Returns: The passes in the order in which they run.
  package static func beforeQuantization(
    mean: [Float], standardDeviation: [Float], rotations: [Step] = []
  ) -> Pipeline {
    let canonical = [
      Step(FoldConstants(), reason: "other passes ask whether an operand is constant"),
      Step(
        DistributeScale(),
        reason: "brings the average of two heads to the linear layers before scales are folded"),
      Step(FoldLayerScale(), reason: "the folded weight is what gets a step"),
      Step(SplitQKV(), reason: "queries, keys and values get a quantizer each"),
      Step(DropKeyBias(), reason: "needs keys of their own; a smaller range for their codes"),
      Step(FoldValueBias(), reason: "needs values of their own; a smaller range for their codes"),
      Step(
        FoldNormalization(mean: mean, standardDeviation: standardDeviation),
        reason: "the input becomes the bytes of the image"),
      Step(UsePolynomialGELU(), reason: "the form that the runtime executes"),
      Step(RemoveDeadNodes(), reason: "calibration visits every node that is left"),
    ]
    return Pipeline(canonical + rotations)
  }

  /// The passes that spread outliers over the channels of the residual stream and of each head.
  ///
  /// - Parameters:
  ///   - rotation: How the residual stream is turned; `nil` leaves it.
  ///   - turnsHeads: Whether the heads are turned.
  ///   - seed: The same seed gives the same matrices.
  /// - Returns: The passes in the order in which they run.
  package static func rotations(
    _ rotation: Rotation?, turnsHeads: Bool, seed: UInt64
  ) -> [Step] {
    var steps: [Step] = []
    if turnsHeads {
      steps.append(
        Step(
          RotateHeads(seed: seed),
          reason: "needs queries, keys and values of their own; their codes serve all channels"))
    }
    if let rotation {
      steps.append(
        Step(
          RotateResidualStream(rotation, seed: seed),
          reason: "needs folded scales; one range then suits all channels of a normalisation"))
    }
    return steps
  }
}
