import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqTensor

/// What is kept of one of the rotations that are tried.
struct AttemptJournal: Sendable {
  let journal: LearnerJournal
  /// The number of the rotation.
  let attempt: Int

  // MARK: Layers

  /// Reads a linear layer as it was learned.
  ///
  /// - Parameters:
  ///   - id: The layer in the graph that is quantized.
  ///   - weight: The shape of its weight.
  ///   - bias: The shape of its bias.
  ///   - name: The name of its weight.
  /// - Returns: The layer and the report of its weight, `nil` if it was not learned yet.
  /// - Throws: ``QuantizationError``.
  func layer(
    _ id: NodeID, weight: Shape, bias: Shape, name: String
  ) throws(QuantizationError) -> (layer: LearnedLayer, report: QuantizerReport)? {
    try journal.state(of: .layer(attempt: attempt, node: id.index)) { state throws(StateError) in
      let weight = Tensor(weight, try state.floats(weight.elementCount))
      let bias = Tensor(bias, try state.floats(bias.elementCount))
      let count = try state.count()
      guard (1...weight.shape.elementCount).contains(count) else {
        throw .damaged("expected a quantizer or more, found \(count)")
      }
      var quantizers: [UniformQuantizer] = []
      for _ in 0..<count { quantizers.append(try Self.quantizer(from: &state)) }
      let report = QuantizerReport(
        node: name, role: .weight, bits: try state.integer(), range: try state.range(),
        codedRange: try state.range(), relativeError: try state.double())
      return (LearnedLayer(weight: weight, quantizers: quantizers, bias: bias), report)
    }
  }

  private static func quantizer(
    from state: inout StateReader
  ) throws(StateError) -> UniformQuantizer {
    let quantizer = UniformQuantizer(
      step: try state.float(), zeroPoint: try state.integer(), minimumCode: try state.integer(),
      maximumCode: try state.integer())
    guard quantizer.step > 0, quantizer.step.isFinite,
      quantizer.minimumCode < quantizer.maximumCode
    else {
      throw .damaged("expected a quantizer, found \(quantizer)")
    }
    return quantizer
  }

  func keep(
    _ layer: LearnedLayer, report: QuantizerReport, of id: NodeID
  ) throws(QuantizationError) {
    try journal.keep(.layer(attempt: attempt, node: id.index)) { state in
      state.append(layer.weight.elements)
      state.append(layer.bias.elements)
      state.append(layer.quantizers.count)
      for quantizer in layer.quantizers {
        state.append(quantizer.step)
        for value in [quantizer.zeroPoint, quantizer.minimumCode, quantizer.maximumCode] {
          state.append(value)
        }
      }
      state.append(report.bits)
      for range in [report.range, report.codedRange] { state.append(range) }
      state.append(report.relativeError)
    }
  }

  // MARK: Segments

  /// The number of segments, stage by stage from the first on, whose parameters were kept.
  func keptSegmentCount(stages: Int, segments: Int) throws(QuantizationError) -> Int {
    let kept = try journal.keptParts()
    let parts = (0..<stages * segments).map {
      LearnedPart.segment(attempt: attempt, stage: $0 / segments, index: $0 % segments)
    }
    return parts.prefix { kept.contains($0) }.count
  }

  /// What is kept of a segment that was trained.
  struct TrainedSegment {
    var parameters: [Tensor]
    /// Before each step, and after the last.
    var losses: [Double]
    var rise: LossRise?
  }

  /// Reads a segment as it was trained.
  ///
  /// - Parameters:
  ///   - index: The number of the segment.
  ///   - stage: The stage of the learner.
  ///   - shapes: The shapes of the parameters.
  ///   - lossCount: The number of losses.
  /// - Returns: What was kept, `nil` if it was not trained yet.
  /// - Throws: ``QuantizationError``.
  func segment(
    _ index: Int, stage: Int, _ shapes: [Shape], lossCount: Int
  ) throws(QuantizationError) -> TrainedSegment? {
    let part = LearnedPart.segment(attempt: attempt, stage: stage, index: index)
    return try journal.state(of: part) { state throws(StateError) in
      var parameters: [Tensor] = []
      for shape in shapes {
        parameters.append(Tensor(shape, try state.floats(shape.elementCount)))
      }
      var losses: [Double] = []
      for _ in 0..<lossCount { losses.append(try state.double()) }
      let mark = try state.integer()
      guard (0...1).contains(mark) else { throw .damaged("expected 0 or 1, found \(mark)") }
      var rise: LossRise?
      if mark == 1, let first = losses.first, let last = losses.last {
        rise = LossRise(from: first, to: last)
      }
      return TrainedSegment(parameters: parameters, losses: losses, rise: rise)
    }
  }

  func keep(
    _ segment: TrainedSegment, _ index: Int, stage: Int
  ) throws(QuantizationError) {
    try journal.keep(.segment(attempt: attempt, stage: stage, index: index)) { state in
      for parameter in segment.parameters { state.append(parameter.elements) }
      for loss in segment.losses { state.append(loss) }
      // Small losses may rise and be harmless, so the curve alone does not tell.
      state.append(segment.rise == nil ? 0 : 1)
    }
  }
}
